"""The trend as bars of equal width, in the order of time, with a mark where windows are missing; its axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from airflow_provider_devo_dga.plugins.window_facts import WindowFacts

_TICKS = 4
_LABELS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One window, or a gap.

    :param height: of the flagged domains, in percent of the axis.
    :param expected: what chance alone would flag, in the same measure.
    :param window: None for windows that have no report.
    """

    height: float
    expected: float
    window: WindowFacts | None


@dataclass(frozen=True, slots=True)
class TrendBars:
    """What is drawn.

    :param bars: the oldest window first.
    :param top: flagged domains at the upper end of the axis, at least 1.
    :param ticks: round numbers on the axis, from 0.
    """

    bars: tuple[Bar, ...]
    top: float
    ticks: tuple[int, ...]

    @property
    def labelled(self) -> list[tuple[int, WindowFacts]]:
        """The places of a few windows, evenly spread, the newest among them."""
        step = max(1, math.ceil(len(self.bars) / _LABELS))
        places = range(len(self.bars) - 1, -1, -step)
        return [(at, window) for at in reversed(places) if (window := self.bars[at].window) is not None]


def trend_bars(windows: Sequence[WindowFacts]) -> TrendBars:
    """Return the bars of windows, newest first."""
    figures = [(window.totals.domains_flagged, window.totals.domains_expected_false) for window in windows]
    most = max([1.0, *map(max, figures)])
    ticks = _ticks(most)
    top = max(most, ticks[-1])
    bars: list[Bar] = []
    until = None
    for window, (flagged, expected) in zip(reversed(windows), reversed(figures), strict=True):
        if until is not None and window.context.window_start > until:
            bars.append(Bar(0.0, 0.0, None))
        bars.append(Bar(100 * flagged / top, 100 * expected / top, window))
        until = max(until or window.context.window_end, window.context.window_end)
    return TrendBars(tuple(bars), top, ticks)


def _ticks(most: float) -> tuple[int, ...]:
    """``47`` gives 0, 20, 40: at most five numbers, with steps of 1, 2 or 5 and zeros."""
    unit = 10 ** max(0, math.floor(math.log10(most / _TICKS)))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor * _TICKS >= most)
    return tuple(range(0, math.floor(most) + 1, step))
