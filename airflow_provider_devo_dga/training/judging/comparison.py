"""Judge other models on the same held-out rows: the tutorial's features, and the champion in service."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.h2o_frame import add_features
from airflow_provider_devo_dga.models.mojo import inspect_mojo
from airflow_provider_devo_dga.training.judging.h2o_scores import imported, score_frame
from airflow_provider_devo_dga.training.judging.head_to_head import HeadToHead, head_to_head
from airflow_provider_devo_dga.training.judging.metrics import areas
from airflow_provider_devo_dga.training.judging.operating_point import (
    OperatingPoint,
    operating_point,
    operating_points,
)
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart
from airflow_provider_devo_dga.training.plan import Champion
from airflow_provider_devo_dga.training.trainer import Trainer

if TYPE_CHECKING:
    from h2o import H2OFrame

_BARE_COLUMNS = ("label", "tld", "malicious", "family")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One model's figures on the held-out rows.

    :param kind: ``tutorial`` or ``champion``.
    :param points: at the usual budgets, each threshold chosen on the same validation rows.
    :param in_service: what the threshold in its own file does; None for a model that has no file.
    :param may_have_seen: whether it may have been trained on some of these rows.
    :param head_to_head: it and the new model at the new model's budget; of the champion only.
    """

    kind: str
    name: str
    auc: float
    pr_auc: float
    points: tuple[OperatingPoint, ...]
    in_service: OperatingPoint | None
    may_have_seen: bool
    head_to_head: HeadToHead | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain rounded values for JSON."""
        return {
            "kind": self.kind,
            "name": self.name,
            "auc": round(self.auc, 6),
            "pr_auc": round(self.pr_auc, 6),
            "points": [point.to_dict() for point in self.points],
            "in_service": self.in_service.to_dict() if self.in_service else None,
            "may_have_seen": self.may_have_seen,
            "head_to_head": self.head_to_head.to_dict() if self.head_to_head else None,
        }


def compare_tutorial(parts: dict[str, H2OFrame], trainer: Trainer) -> Comparison:
    """Train H2O's default GBM on the tutorial's three features and judge it on the same rows.

    They are the repaired three: what the tutorial publishes trains on one thing and serves another.
    """
    frames = {name: _with_features(part, TUTORIAL_FEATURES) for name, part in parts.items()}
    model = trainer.default(frames, TUTORIAL_FEATURES)
    scored = {name: score_frame(model, frame) for name, frame in frames.items() if name != "train"}
    judged = scored.get("test", scored["valid"])
    auc, pr_auc = areas(judged)
    points = operating_points(scored["valid"], judged)
    return Comparison("tutorial", "the tutorial's three features", auc, pr_auc, points, None, False)


def compare_champion(
    parts: dict[str, H2OFrame],
    champion: Champion,
    split: dict[str, Any],
    ours: Mapping[str, ScoredPart],
    budget: float,
    log: logging.Logger,
) -> Comparison | None:
    """Judge another MOJO on the same rows.

    :param split: seed and ratios of these parts.
    :param ours: the new model's scores of the held-out parts.
    :param budget: at which both are compared.
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
    return Comparison(
        kind="champion",
        name=champion.name,
        auc=auc,
        pr_auc=pr_auc,
        points=operating_points(scored["valid"], judged),
        in_service=_in_service(scored["valid"], judged, info.default_threshold),
        may_have_seen=champion.split != split,
        head_to_head=head_to_head(ours, scored, budget=budget),
    )


def _in_service(valid: ScoredPart, judged: ScoredPart, threshold: float) -> OperatingPoint:
    return operating_point(valid, judged, float((valid.legit >= threshold).mean()), threshold)


def _with_features(part: H2OFrame, feature_set: FeatureSet) -> H2OFrame:
    return add_features(part[list(_BARE_COLUMNS)], feature_set)
