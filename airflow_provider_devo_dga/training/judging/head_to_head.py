"""Two models on the same held-out rows, each at its own threshold for one false-positive budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_devo_dga.errors import TrainingError
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart
from airflow_provider_devo_dga.training.judging.threshold import choose_threshold

_MOST_FAMILIES = 40


@dataclass(frozen=True, slots=True)
class FamilyChange:
    """One family's recall by this model and by the other.

    :param rows: the family's held-out rows.
    """

    name: str
    rows: int
    recall: float
    other_recall: float

    @property
    def loss(self) -> float:
        """Share of the family's rows that this model catches less; negative when it catches more."""
        return self.other_recall - self.recall


@dataclass(frozen=True, slots=True)
class HeadToHead:
    """What this model and another one catch of the same rows for the same price.

    :param budget: share of legit validation rows that each threshold keeps to.
    :param rows: held-out rows of both classes.
    :param families: greatest loss first.
    """

    budget: float
    rows: int
    recall: float
    other_recall: float
    false_positive_rate: float
    other_false_positive_rate: float
    families: tuple[FamilyChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain rounded values for JSON; ``families`` holds the 40 with the greatest loss."""
        numbers = ("recall", "other_recall", "false_positive_rate", "other_false_positive_rate")
        return {
            "budget": self.budget,
            "rows": self.rows,
            **{name: round(getattr(self, name), 6) for name in numbers},
            "families": [
                {
                    "name": family.name,
                    "rows": family.rows,
                    "recall": round(family.recall, 4),
                    "other_recall": round(family.other_recall, 4),
                }
                for family in self.families[:_MOST_FAMILIES]
            ],
        }


def head_to_head(
    ours: Mapping[str, ScoredPart], theirs: Mapping[str, ScoredPart], *, budget: float
) -> HeadToHead:
    """Compare two models' scores of the same parts: thresholds from ``valid``, figures from ``test``.

    Without a test part the figures are from ``valid`` too.
    """
    judged = "test" if "test" in ours else "valid"
    mine, other = _threshold(ours["valid"], budget), _threshold(theirs["valid"], budget)
    caught, others = ours[judged].caught_by_family(mine), theirs[judged].caught_by_family(other)
    changes = [
        FamilyChange(name, rows, found / rows, others.get(name, (0, rows))[0] / rows)
        for name, (found, rows) in caught.items()
    ]
    return HeadToHead(
        budget=budget,
        rows=len(ours[judged]),
        recall=float((ours[judged].dga >= mine).mean()),
        other_recall=float((theirs[judged].dga >= other).mean()),
        false_positive_rate=float((ours[judged].legit >= mine).mean()),
        other_false_positive_rate=float((theirs[judged].legit >= other).mean()),
        families=tuple(sorted(changes, key=lambda change: (-change.loss, change.name))),
    )


def _threshold(valid: ScoredPart, budget: float) -> float:
    """Return the threshold for a budget; one that nothing reaches when no other keeps it."""
    try:
        return choose_threshold(valid.legit, valid.dga, budget)
    except TrainingError:
        return float("inf")
