"""Figures of a scored set, exact and in plain Python. Says nothing of how the scores came about."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

_MOST_FAMILIES = 40
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """One row of a scored set.

    :param score: probability of the DGA class, 0–1.
    """

    malicious: bool
    family: str
    score: float


@dataclass(frozen=True, slots=True)
class FamilyRecall:
    """Share of a family's rows at or above the threshold, and how many rows it has."""

    recall: float
    rows: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """How well scores part the classes, and what one threshold makes of them.

    :param auc: area under the ROC curve; ties count half.
    :param pr_auc: average precision.
    :param logloss: mean negative log likelihood, natural logarithm.
    :param brier: mean squared error of the score as a probability.
    :param precision: 1.0 when nothing is at or above the threshold.
    :param false_positive_rate: share of legit rows at or above the threshold.
    :param macro_family_recall: mean recall over the families.
    """

    rows: int
    auc: float
    pr_auc: float
    logloss: float
    brier: float
    recall: float
    precision: float
    false_positive_rate: float
    macro_family_recall: float
    families: dict[str, FamilyRecall]

    def to_dict(self) -> dict[str, Any]:
        """Return plain rounded values for JSON; ``families`` holds the 40 that were caught least."""
        weakest = sorted(self.families.items(), key=lambda item: (item[1].recall, item[0]))[:_MOST_FAMILIES]
        numbers = (
            *("auc", "pr_auc", "logloss", "brier"),
            *("recall", "precision", "false_positive_rate", "macro_family_recall"),
        )
        return {
            "rows": self.rows,
            **{name: round(getattr(self, name), _DIGITS) for name in numbers},
            "families": {name: {"recall": round(f.recall, 4), "rows": f.rows} for name, f in weakest},
            "families_left_out": len(self.families) - len(weakest),
        }


def measure(rows: Sequence[ScoredRow], threshold: float) -> Metrics:
    """Return the figures of ``rows`` at ``threshold``.

    :param rows: at least one of each class.
    """
    legit = [row.score for row in rows if not row.malicious]
    dga = [row.score for row in rows if row.malicious]
    false = sum(score >= threshold for score in legit)
    true = sum(score >= threshold for score in dga)
    auc, pr_auc = _areas(rows, len(dga), len(legit))
    families = _families(rows, threshold)
    return Metrics(
        rows=len(rows),
        auc=auc,
        pr_auc=pr_auc,
        logloss=-sum(_log_likelihood(row) for row in rows) / len(rows),
        brier=sum((row.score - row.malicious) ** 2 for row in rows) / len(rows),
        recall=true / len(dga),
        precision=true / (true + false) if true + false else 1.0,
        false_positive_rate=false / len(legit),
        macro_family_recall=sum(family.recall for family in families.values()) / len(families),
        families=families,
    )


def _areas(rows: Sequence[ScoredRow], positives: int, negatives: int) -> tuple[float, float]:
    """Walk down the scores once; rows of one score move together."""
    ranked = sorted(rows, key=lambda row: row.score, reverse=True)
    true = false = 0
    auc = pr_auc = 0.0
    for _, tied in groupby(ranked, key=lambda row: row.score):
        classes = [row.malicious for row in tied]
        new_true = sum(classes)
        new_false = len(classes) - new_true
        auc += new_false * (true + new_true / 2)
        true += new_true
        false += new_false
        pr_auc += new_true * true / (true + false)
    return auc / (positives * negatives), pr_auc / positives


def _log_likelihood(row: ScoredRow) -> float:
    likelihood = row.score if row.malicious else 1.0 - row.score
    return math.log(max(likelihood, 1e-15))


def _families(rows: Sequence[ScoredRow], threshold: float) -> dict[str, FamilyRecall]:
    caught: defaultdict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row.malicious:
            caught[row.family].append(row.score >= threshold)
    return {name: FamilyRecall(sum(hits) / len(hits), len(hits)) for name, hits in sorted(caught.items())}
