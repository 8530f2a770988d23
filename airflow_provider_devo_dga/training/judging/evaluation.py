"""Judge a trained model on names that it was not trained on."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.training.judging.comparison import (
    Comparison,
    compare_champion,
    compare_tutorial,
)
from airflow_provider_devo_dga.training.judging.h2o_scores import score_frame
from airflow_provider_devo_dga.training.judging.operating_point import OperatingPoint, operating_points
from airflow_provider_devo_dga.training.judging.reliability import (
    ReliabilityBin,
    calibration_error,
    reliability,
)
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart, Suspects
from airflow_provider_devo_dga.training.judging.unseen_families import UnseenFamilies, judge_unseen
from airflow_provider_devo_dga.training.settings import TrainingSettings
from airflow_provider_devo_dga.training.trainer import Trainer

if TYPE_CHECKING:
    from h2o import H2OFrame

_SUSPECTS_IN_JSON = 10
_FEATURES_IN_JSON = 20


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a model is worth.

    :param judged: the part that the figures are on: ``test``, or ``valid`` when there is no other. On the
        latter the threshold was chosen too, which flatters it.
    :param points: what thresholds for the usual budgets do.
    :param unseen: recall of families that were left out; None when that was not asked for.
    :param suspects: legit rows that look like DGA to a model that has not seen them.
    :param importances: share of the gain by feature, largest first, sum 1.
    :param scored: the judged rows; not in the JSON.
    """

    judged: str
    points: tuple[OperatingPoint, ...]
    bins: tuple[ReliabilityBin, ...]
    unseen: UnseenFamilies | None
    comparisons: tuple[Comparison, ...]
    suspects: Suspects
    importances: dict[str, float]
    scored: ScoredPart

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, a few kilobytes."""
        return {
            "judged": self.judged,
            "legit": len(self.scored.legit),
            "dga": len(self.scored.dga),
            "points": [point.to_dict() for point in self.points],
            "calibration_error": round(calibration_error(self.bins), 4),
            "reliability": [
                [each.rows, round(each.mean_score, 3), round(each.dga_share, 3)] for each in self.bins
            ],
            "unseen_families": self.unseen.to_dict() if self.unseen else None,
            "comparisons": [comparison.to_dict() for comparison in self.comparisons],
            "importances": {
                name: round(share, 4) for name, share in list(self.importances.items())[:_FEATURES_IN_JSON]
            },
            "suspected_label_errors": {
                "count": self.suspects.count,
                "legit": self.suspects.legit,
                "highest": [
                    [suspect.label, suspect.tld, round(suspect.score, 3)]
                    for suspect in self.suspects.highest[:_SUSPECTS_IN_JSON]
                ],
            },
        }


def evaluate(
    settings: TrainingSettings,
    parts: dict[str, H2OFrame],
    scored: Mapping[str, ScoredPart],
    trainer: Trainer,
    *,
    importances: dict[str, float],
    families: Mapping[str, int],
    log: logging.Logger,
) -> Evaluation:
    """Judge the model whose held-out scores are ``scored``; call it with the cluster connected.

    :param parts: frames by part, with the model's features.
    :param families: rows of the dataset by DGA family.
    """
    plan, budget = settings.plan, settings.false_positive_budget
    judged = "test" if "test" in scored else "valid"
    unseen = None
    if plan.unseen_family_folds:
        unseen = judge_unseen(
            parts, families, trainer, folds=plan.unseen_family_folds, budget=budget, log=log
        )
    comparisons = []
    if plan.tutorial:
        comparisons.append(compare_tutorial(parts, trainer))
    if plan.champion:
        champion = compare_champion(parts, plan.champion, settings.split, scored, budget, log)
        comparisons += [champion] if champion else []
    suspects = [part.suspects for part in scored.values() if part.suspects]
    if plan.check_labels:
        suspects.append(_suspects_of_training(parts, trainer))
    return Evaluation(
        judged=judged,
        points=operating_points(scored["valid"], scored[judged]),
        bins=reliability(scored[judged]),
        unseen=unseen,
        comparisons=tuple(comparisons),
        suspects=Suspects.joined(suspects),
        importances=importances,
        scored=scored[judged],
    )


def _suspects_of_training(parts: dict[str, H2OFrame], trainer: Trainer) -> Suspects:
    others = [part for name, part in parts.items() if name != "train"]
    rest = others[0].rbind(others[1:]) if others[1:] else others[0]
    model = trainer.like_it(rest, parts["train"])
    return score_frame(model, parts["train"]).suspects or Suspects(0, 0, ())
