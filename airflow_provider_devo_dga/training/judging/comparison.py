"""Judge other models on the same held-out rows: the tutorial's features, and the champion in service."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.h2o_frame import add_features
from airflow_provider_devo_dga.models.mojo import inspect_mojo
from airflow_provider_devo_dga.models.summary import OtherModel, Point
from airflow_provider_devo_dga.training.judging.h2o_scores import imported, score_frame
from airflow_provider_devo_dga.training.judging.head_to_head import head_to_head
from airflow_provider_devo_dga.training.judging.metrics import areas
from airflow_provider_devo_dga.training.judging.operating_point import (
    operating_point,
    operating_points,
)
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart
from airflow_provider_devo_dga.training.plan import Champion
from airflow_provider_devo_dga.training.settings import TrainingSettings
from airflow_provider_devo_dga.training.trainer import Trainer

if TYPE_CHECKING:
    from h2o import H2OFrame

_BARE_COLUMNS = ("label", "tld", "malicious", "family")


def compare_tutorial(parts: dict[str, H2OFrame], trainer: Trainer) -> OtherModel:
    """Train H2O's default GBM on the tutorial's three features and judge it on the same rows.

    They are the repaired three: what the tutorial publishes trains on one thing and serves another.
    """
    frames = {name: _with_features(part, TUTORIAL_FEATURES) for name, part in parts.items()}
    model = trainer.default(frames, TUTORIAL_FEATURES)
    scored = {name: score_frame(model, frame) for name, frame in frames.items() if name != "train"}
    judged = scored.get("test", scored["valid"])
    auc, pr_auc = areas(judged)
    points = operating_points(scored["valid"], judged)
    return OtherModel(
        kind="tutorial", name="the tutorial's three features", auc=auc, pr_auc=pr_auc, points=points
    )


def compare_champion(
    settings: TrainingSettings,
    parts: dict[str, H2OFrame],
    champion: Champion,
    ours: Mapping[str, ScoredPart],
    log: logging.Logger,
) -> OtherModel | None:
    """Judge another MOJO on the same rows, both at the budget of these settings.

    :param ours: the new model's scores of the held-out parts.
    :return: None when its file is not a two-class model over its feature set, said in the log.
    """
    try:
        info = inspect_mojo(champion.mojo)
    except MojoExportError as error:
        log.warning("No comparison with the champion %s: %s", champion.name, error)
        return None
    if info.columns != champion.feature_set.names or info.response_domain != ("0", "1"):
        log.warning("No comparison with the champion %s: its file is another kind of model", champion.name)
        return None
    held_out = {name: part for name, part in parts.items() if name != "train"}
    with imported(champion.mojo) as model:
        scored = {
            name: score_frame(model, _with_features(part, champion.feature_set))
            for name, part in held_out.items()
        }
    judged = scored.get("test", scored["valid"])
    auc, pr_auc = areas(judged)
    return OtherModel(
        kind="champion",
        name=champion.name,
        auc=auc,
        pr_auc=pr_auc,
        points=operating_points(scored["valid"], judged),
        in_service=_in_service(scored["valid"], judged, info.default_threshold),
        may_have_seen=champion.split != settings.split,
        head_to_head=head_to_head(ours, scored, budget=settings.false_positive_budget),
    )


def _in_service(valid: ScoredPart, judged: ScoredPart, threshold: float) -> Point:
    return operating_point(valid, judged, float((valid.legit >= threshold).mean()), threshold)


def _with_features(part: H2OFrame, feature_set: FeatureSet) -> H2OFrame:
    return add_features(part[list(_BARE_COLUMNS)], feature_set)
