"""Figures of a scored set at a false-positive budget, in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.labelled import LEFT_OUT_OF_MEANS, Labelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_ROWS = 20
LEAST_OF_POPULATION = 200


def areas(malicious: NDArray[np.bool_], scores: NDArray[np.float64]) -> tuple[float, float]:
    """Return the area under the ROC curve, ties counting half, and the average precision."""
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], malicious[order]
    last = np.append(ranked[1:] != ranked[:-1], True)
    true = np.append(0, np.cumsum(hits)[last])
    false = np.append(0, np.cumsum(~hits)[last])
    auc = np.sum(np.diff(false) * (true[1:] + true[:-1]) / 2) / (true[-1] * false[-1])
    precision = true[1:] / (true[1:] + false[1:])
    return float(auc), float(np.sum(np.diff(true) * precision) / true[-1])


def threshold(legit: NDArray[np.float64], budget: float) -> float:
    """Return the least score that flags at most this share of ``legit``."""
    barrier = np.sort(legit)[::-1][int(budget * len(legit) + 1e-9)]
    return float(np.nextafter(barrier, 2.0))


def recalls(rows: Sequence[Labelled], scores: NDArray[np.float64], cut: float) -> dict[str, float]:
    """Return the recall of each family with enough rows, those left out that no mean should hold."""
    families: dict[str, list[bool]] = {}
    for row, score in zip(rows, scores, strict=True):
        if row.malicious and row.family not in LEFT_OUT_OF_MEANS:
            families.setdefault(row.family, []).append(bool(score >= cut))
    return {name: sum(hits) / len(hits) for name, hits in sorted(families.items()) if len(hits) >= LEAST_ROWS}


def false_positives(
    rows: Sequence[Labelled], scores: NDArray[np.float64], cut: float
) -> dict[str, tuple[float, int]]:
    """Return the rate of each population of legit names with enough rows, and its rows; the worst first."""
    populations: dict[str, list[bool]] = {}
    for row, score in zip(rows, scores, strict=True):
        if not row.malicious and row.population:
            populations.setdefault(row.population, []).append(bool(score >= cut))
    rates = {
        name: (sum(flagged) / len(flagged), len(flagged))
        for name, flagged in populations.items()
        if len(flagged) >= LEAST_OF_POPULATION
    }
    return dict(sorted(rates.items(), key=lambda rate: (-rate[1][0], rate[0])))
