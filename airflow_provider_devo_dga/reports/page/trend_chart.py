"""Flagged domains of the last windows as SVG text, gaps shown as gaps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow_provider_devo_dga.reports.evidence.figures import PastWindow, Trend
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.page.chart_points import chart_top
from airflow_provider_devo_dga.reports.page.svg import INK, bars_of, chart_of, count_axis, svg_of, time_axis

BAR = 0.8
GAP_SHARE = 0.03


def trend_chart(summary: ReportSummary, trend: Trend) -> str:
    """Draw flagged domains window by window, this one last, and what chance would flag.

    Red: a client was almost certainly infected. A cross: no report.

    :return: one ``<svg>`` element.
    """
    import altair as alt

    width = summary.context.span
    windows = (*trend, PastWindow(summary.context.window_start, summary.totals))
    known = [(past, past.totals) for past in windows if past.totals is not None]
    bars: list[dict[str, Any]] = [
        {
            "start": _ms(past, 0, width),
            "end": _ms(past, BAR, width),
            "low": 0,
            "high": totals.domains_flagged,
            "alarm": bool(totals.clients_infected),
        }
        for past, totals in known
    ]
    chance = [
        bar | {"high": totals.domains_expected_false} for bar, (_, totals) in zip(bars, known, strict=True)
    ]
    top = chart_top(max(bar["high"] for bar in bars + chance))
    gaps = [
        {"start": _ms(past, BAR / 2, width), "high": top * GAP_SHARE} for past in windows if not past.totals
    ]
    first, last = _ms(windows[0], -0.2, width), _ms(windows[-1], 1, width)
    form = "%H:%M" if width <= timedelta(hours=1) else "%d %b"
    x, y = time_axis("Start of the window, UTC", [first, last], form), count_axis(top)
    expected = chart_of(chance).mark_rule(color=INK, strokeWidth=1.5).encode(x=x, x2="end:T", y=y)
    missing = chart_of(gaps).mark_text(text="×", color=INK, fontSize=13).encode(x=x, y=y)
    return svg_of(alt.layer(bars_of(bars, x, y), expected, missing), height=160, width=620)


def _ms(past: PastWindow, part: float, width: timedelta) -> float:
    return (past.start + part * width).timestamp() * 1000
