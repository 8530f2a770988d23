"""One claim and what a run measured of it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Size:
    """How much to measure.

    :param quick: a tenth or so of the rows; the figures are rougher.
    """

    quick: bool = False

    def pick(self, full: int, quick: int) -> int:
        """Return the number of rows to use."""
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure, the bar it has to meet, and what it was made of.

    :param at_least: whether the figure must reach the bar; else it must not exceed it.
    """

    claim: str
    figure: float
    unit: str
    bar: float
    at_least: bool
    parts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Tell whether the claim holds."""
        return self.figure >= self.bar if self.at_least else self.figure <= self.bar

    @property
    def told(self) -> tuple[str, str, str, str]:
        """Return the row of the table: claim, figure, bar, verdict."""
        digits = 0 if abs(self.figure) >= 100 or not self.unit.startswith("×") else 2
        sign = "≥" if self.at_least else "≤"
        return (
            self.claim,
            f"{self.figure:,.{digits}f} {self.unit}",
            f"{sign} {self.bar:,g} {self.unit}",
            "yes" if self.ok else "NO",
        )


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turns(one: Callable[[], object], other: Callable[[], object], turns: int = 3) -> tuple[float, float]:
    """Return the median seconds of both, measured in turns so that both meet the same machine."""
    times = [(seconds(one), seconds(other)) for _ in range(turns)]
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times)
