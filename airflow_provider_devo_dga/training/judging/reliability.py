"""Whether a score of 0.8 means that eight of ten such rows are DGA."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart

BINS = 10


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

    places = np.minimum((part.scores * BINS).astype(np.int64), BINS - 1)
    found = []
    for place in range(BINS):
        inside = places == place
        if inside.any():
            scores, classes = part.scores[inside], part.malicious[inside]
            found.append(ReliabilityBin(len(scores), float(scores.mean()), float(classes.mean())))
    return found


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return the expected calibration error: the mean gap of the bins, weighted by their rows."""
    rows = sum(each.rows for each in bins)
    return sum(each.rows * abs(each.mean_score - each.dga_share) for each in bins) / rows
