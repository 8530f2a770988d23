"""Figures of a scored part, exact. Says nothing of how the scores came about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from airflow_provider_devo_dga.models.summary import Family, Figures
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart

MIN_FAMILY_ROWS = 20
"""A family with fewer rows says too little to count in the mean over families."""

_MOST_FAMILIES = 40
_BINS = 10


def measure(part: ScoredPart, threshold: float) -> Figures:
    """Return the figures of ``part`` at ``threshold``.

    AUC counts ties half; the logloss is natural; nothing at or above the threshold is precise (1.0). The mean
    recall of families is that of those with at least ``MIN_FAMILY_ROWS`` rows, of all when none has so many.

    :param part: at least one row of each class.
    :return: ``families`` holds the 40 that are caught least.
    """
    import numpy as np

    legit, dga = part.legit, part.dga
    false, true = int((legit >= threshold).sum()), int((dga >= threshold).sum())
    auc, pr_auc = areas(part)
    families = family_recalls(part, threshold)
    likelihood = np.where(part.malicious, part.scores, 1.0 - part.scores)
    return Figures(
        rows=len(part),
        auc=auc,
        pr_auc=pr_auc,
        logloss=float(-np.log(np.maximum(likelihood, 1e-15)).mean()),
        brier=float(((part.scores - part.malicious) ** 2).mean()),
        recall=true / len(dga),
        precision=true / (true + false) if true + false else 1.0,
        false_positive_rate=false / len(legit),
        macro_family_recall=macro_recall(families),
        families=weakest(families),
        families_left_out=max(0, len(families) - _MOST_FAMILIES),
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


def family_recalls(part: ScoredPart, threshold: float) -> dict[str, Family]:
    """Return the recall of each DGA family, in order of the names."""
    return {
        name: Family(recall=caught / rows, rows=rows)
        for name, (caught, rows) in part.caught_by_family(threshold).items()
    }


def weakest(families: Mapping[str, Family]) -> dict[str, Family]:
    """Return the 40 families that are caught least, the weakest first."""
    return dict(sorted(families.items(), key=lambda item: (item[1].recall, item[0]))[:_MOST_FAMILIES])


def macro_recall(families: Mapping[str, Family]) -> float:
    """Return the mean recall over families with enough rows; over all when none has; 0.0 without any."""
    counted = [family.recall for family in families.values() if family.rows >= MIN_FAMILY_ROWS]
    counted = counted or [family.recall for family in families.values()]
    return math.fsum(counted) / len(counted) if counted else 0.0


class ReliabilityBin(NamedTuple):
    """Rows whose scores lie in one tenth of the scale.

    :param mean_score: what the model says of them.
    :param dga_share: what they are.
    """

    rows: int
    mean_score: float
    dga_share: float


def reliability(part: ScoredPart) -> list[ReliabilityBin]:
    """Return the bins that hold rows, lowest scores first; a score of 1.0 is in the last one."""
    import numpy as np

    places = np.minimum((part.scores * _BINS).astype(np.int64), _BINS - 1)
    found = []
    for place in range(_BINS):
        inside = places == place
        if inside.any():
            scores, classes = part.scores[inside], part.malicious[inside]
            found.append(ReliabilityBin(len(scores), float(scores.mean()), float(classes.mean())))
    return found


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return the expected calibration error: the mean gap of the bins, weighted by their rows."""
    rows = sum(each.rows for each in bins)
    return sum(each.rows * abs(each.mean_score - each.dga_share) for each in bins) / rows
