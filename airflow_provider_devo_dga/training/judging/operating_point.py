"""A false-positive budget, the threshold it gives on validation, and what that threshold does elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_devo_dga.chance import wilson_interval
from airflow_provider_devo_dga.errors import TrainingError
from airflow_provider_devo_dga.training.judging.metrics import family_recalls, macro_recall
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart
from airflow_provider_devo_dga.training.judging.threshold import choose_threshold

BUDGETS = (0.01, 0.001)
"""The rates at which models are compared: one in a hundred, one in a thousand."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """One budget and what came of it.

    :param budget: share of legit validation rows that the threshold keeps to.
    :param threshold: score from which on a row is flagged.
    :param false_positives: flagged legit rows of the judged part.
    :param legit: legit rows of the judged part.
    :param recall: share of its DGA rows that are flagged.
    :param macro_family_recall: mean over its families, see ``Metrics``.
    :param measurable: False when the budget allows not one of the legit validation rows.
    """

    budget: float
    threshold: float
    false_positives: int
    legit: int
    recall: float
    macro_family_recall: float
    measurable: bool

    @property
    def false_positive_rate(self) -> float:
        """Share of the judged part's legit rows that are flagged."""
        return self.false_positives / self.legit

    @property
    def interval(self) -> tuple[float, float]:
        """The false-positive rate's 95 % interval."""
        return wilson_interval(self.false_positives, self.legit)

    def to_dict(self) -> dict[str, Any]:
        """Return plain rounded values for JSON."""
        return {
            "budget": self.budget,
            "threshold": self.threshold,
            "false_positive_rate": round(self.false_positive_rate, 6),
            "false_positive_rate_interval": [round(end, 6) for end in self.interval],
            "recall": round(self.recall, 6),
            "macro_family_recall": round(self.macro_family_recall, 6),
            "measurable": self.measurable,
        }


def operating_points(
    valid: ScoredPart, judged: ScoredPart, budgets: Sequence[float] = BUDGETS
) -> tuple[OperatingPoint, ...]:
    """Choose a threshold on ``valid`` for every budget and see what it does to ``judged``.

    A budget that no threshold keeps (legit rows with a score of 1.0) is left out.
    """
    points = []
    for budget in budgets:
        try:
            threshold = choose_threshold(valid.legit, valid.dga, budget)
        except TrainingError:
            continue
        points.append(operating_point(valid, judged, budget, threshold))
    return tuple(points)


def operating_point(valid: ScoredPart, judged: ScoredPart, budget: float, threshold: float) -> OperatingPoint:
    """Return what a threshold does to ``judged``."""
    return OperatingPoint(
        budget=budget,
        threshold=threshold,
        false_positives=int((judged.legit >= threshold).sum()),
        legit=len(judged.legit),
        recall=float((judged.dga >= threshold).mean()),
        macro_family_recall=macro_recall(family_recalls(judged, threshold)),
        measurable=budget * len(valid.legit) >= 1,
    )
