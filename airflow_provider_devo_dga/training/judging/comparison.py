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
from airflow_provider_devo_dga.models.summary import Duel, FamilyPair, OtherModel, Point
from airflow_provider_devo_dga.training.dataset.distinct import PREPARED_COLUMNS
from airflow_provider_devo_dga.training.frames import real
from airflow_provider_devo_dga.training.judging.h2o_scores import imported, score_frame
from airflow_provider_devo_dga.training.judging.metrics import areas
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart
from airflow_provider_devo_dga.training.judging.threshold import (
    operating_point,
    operating_points,
    threshold_or_none_reached,
)
from airflow_provider_devo_dga.training.settings import Champion, TrainingSettings
from airflow_provider_devo_dga.training.trainer import Trainer

if TYPE_CHECKING:
    from h2o import H2OFrame

_log = logging.getLogger(__name__)

_MOST_FAMILIES = 40


def compare_tutorial(parts: dict[str, H2OFrame], trainer: Trainer) -> OtherModel:
    """Train H2O's default GBM on the tutorial's three features and judge it on the same rows.

    They are the repaired three: what the tutorial publishes trains on one thing and serves another.
    """
    frames = {name: _with_features(real(part), TUTORIAL_FEATURES) for name, part in parts.items()}
    model = trainer.default(frames, TUTORIAL_FEATURES)
    scored = {name: score_frame(model, frame) for name, frame in frames.items() if name != "train"}
    judged = scored.get("test", scored["valid"])
    auc, pr_auc = areas(judged)
    points = operating_points(scored["valid"], judged)
    return OtherModel(
        kind="tutorial", name="the tutorial's three features", auc=auc, pr_auc=pr_auc, points=points
    )


def compare_champion(
    champion: Champion, parts: dict[str, H2OFrame], ours: Mapping[str, ScoredPart], settings: TrainingSettings
) -> OtherModel | None:
    """Judge another MOJO on the same rows, both at the budget of these settings.

    :param ours: the new model's scores of the held-out parts.
    :return: None when its file is not a two-class model over its feature set, said in the log.
    """
    try:
        info = inspect_mojo(champion.mojo)
    except MojoExportError as error:
        _log.warning("No comparison with the champion %s: %s", champion.name, error)
        return None
    if info.columns != champion.feature_set.names or info.response_domain != ("0", "1"):
        _log.warning("No comparison with the champion %s: its file is another kind of model", champion.name)
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


def head_to_head(ours: Mapping[str, ScoredPart], theirs: Mapping[str, ScoredPart], *, budget: float) -> Duel:
    """Compare two models' scores of the same parts: thresholds from ``valid``, figures from ``test``.

    Without a test part the figures are from ``valid`` too. The families are the 40 with the greatest loss.
    """
    judged = "test" if "test" in ours else "valid"
    mine, other = (threshold_or_none_reached(each["valid"], budget) for each in (ours, theirs))
    caught, others = ours[judged].caught_by_family(mine), theirs[judged].caught_by_family(other)
    changes = [
        FamilyPair(
            name=name, rows=rows, recall=found / rows, other_recall=others.get(name, (0, rows))[0] / rows
        )
        for name, (found, rows) in caught.items()
    ]
    return Duel(
        budget=budget,
        rows=len(ours[judged]),
        recall=float((ours[judged].dga >= mine).mean()),
        other_recall=float((theirs[judged].dga >= other).mean()),
        false_positive_rate=float((ours[judged].legit >= mine).mean()),
        other_false_positive_rate=float((theirs[judged].legit >= other).mean()),
        families=sorted(changes, key=_loss_first)[:_MOST_FAMILIES],
    )


def _in_service(valid: ScoredPart, judged: ScoredPart, threshold: float) -> Point:
    return operating_point(valid, judged, float((valid.legit >= threshold).mean()), threshold)


def _with_features(part: H2OFrame, feature_set: FeatureSet) -> H2OFrame:
    return add_features(part[list(PREPARED_COLUMNS)], feature_set)


def _loss_first(pair: FamilyPair) -> tuple[float, str]:
    return pair.recall - pair.other_recall, pair.name
