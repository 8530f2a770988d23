"""The trend as bars of equal width, in the order of time, with a mark where windows are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from airflow_provider_devo_dga.plugins.window_facts import WindowFacts


@dataclass(frozen=True, slots=True)
class Bar:
    """One window, or a gap.

    :param height: of the flagged domains, in percent of the highest.
    :param expected: what chance alone would flag, in the same measure.
    :param window: None for windows that have no report.
    """

    height: float
    expected: float
    window: WindowFacts | None


def trend_bars(windows: Sequence[WindowFacts]) -> tuple[list[Bar], float]:
    """Return the bars of windows, newest first, and the flagged domains of full height, at least 1."""
    figures = [(window.totals.domains_flagged, window.totals.domains_expected_false) for window in windows]
    top = max([1.0, *map(max, figures)])
    bars: list[Bar] = []
    until = None
    for window, (flagged, expected) in zip(reversed(windows), reversed(figures), strict=True):
        if until is not None and window.context.window_start > until:
            bars.append(Bar(0.0, 0.0, None))
        bars.append(Bar(100 * flagged / top, 100 * expected / top, window))
        until = max(until or window.context.window_end, window.context.window_end)
    return bars, top
