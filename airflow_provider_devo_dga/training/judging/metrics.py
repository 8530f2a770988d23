"""Figures of a scored part, exact. Says nothing of how the scores came about."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart

MIN_FAMILY_ROWS = 20
"""A family with fewer rows says too little to count in the mean over families."""

_MOST_FAMILIES = 40
_DIGITS = 6


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
    :param macro_family_recall: mean recall over the families with at least ``MIN_FAMILY_ROWS`` rows; over
        all of them when none has.
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


def measure(part: ScoredPart, threshold: float) -> Metrics:
    """Return the figures of ``part`` at ``threshold``.

    :param part: at least one row of each class.
    """
    import numpy as np

    legit, dga = part.legit, part.dga
    false, true = int((legit >= threshold).sum()), int((dga >= threshold).sum())
    auc, pr_auc = areas(part)
    families = family_recalls(part, threshold)
    likelihood = np.where(part.malicious, part.scores, 1.0 - part.scores)
    return Metrics(
        rows=len(part),
        auc=auc,
        pr_auc=pr_auc,
        logloss=float(-np.log(np.maximum(likelihood, 1e-15)).mean()),
        brier=float(((part.scores - part.malicious) ** 2).mean()),
        recall=true / len(dga),
        precision=true / (true + false) if true + false else 1.0,
        false_positive_rate=false / len(legit),
        macro_family_recall=macro_recall(families),
        families=families,
    )


def areas(part: ScoredPart) -> tuple[float, float]:
    """Return AUC and average precision; rows of one score move together."""
    import numpy as np

    order = np.argsort(-part.scores, kind="stable")
    scores, classes = part.scores[order], part.malicious[order]
    last_of_score = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    true = np.cumsum(classes)[last_of_score].astype(np.float64)
    false = last_of_score + 1 - true
    new_true, new_false = np.diff(true, prepend=0.0), np.diff(false, prepend=0.0)
    positives, negatives = true[-1], false[-1]
    auc = (new_false * (true - new_true / 2)).sum() / (positives * negatives)
    return float(auc), float((new_true * true / (true + false)).sum() / positives)


def family_recalls(part: ScoredPart, threshold: float) -> dict[str, FamilyRecall]:
    """Return the recall of each DGA family, in order of the names."""
    return {
        name: FamilyRecall(caught / rows, rows)
        for name, (caught, rows) in part.caught_by_family(threshold).items()
    }


def macro_recall(families: Mapping[str, FamilyRecall]) -> float:
    """Return the mean recall over families with enough rows; over all when none has; 0.0 without any."""
    counted = [family.recall for family in families.values() if family.rows >= MIN_FAMILY_ROWS]
    counted = counted or [family.recall for family in families.values()]
    return math.fsum(counted) / len(counted) if counted else 0.0
