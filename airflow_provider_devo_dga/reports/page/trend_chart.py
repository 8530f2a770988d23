"""Flagged domains of the last windows as SVG text, gaps shown as gaps."""

from __future__ import annotations

from datetime import timedelta

from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.evidence.trend import PastWindow, Trend
from airflow_provider_devo_dga.reports.page.chart_points import chart_top
from airflow_provider_devo_dga.reports.page.svg import ALARM, INK, MUTED, chart_of, svg_of

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
    bars = [
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
        {
            "start": _ms(past, 0, width),
            "end": _ms(past, BAR, width),
            "high": totals.domains_expected_false,
        }
        for past, totals in known
    ]
    most = max(max(totals.domains_flagged, totals.domains_expected_false) for _, totals in known)
    top = chart_top(most)
    gaps = [
        {"start": _ms(past, BAR / 2, width), "high": top * GAP_SHARE} for past in windows if not past.totals
    ]
    first, last = _ms(windows[0], -0.2, width), _ms(windows[-1], 1, width)
    form = "%H:%M" if width <= timedelta(hours=1) else "%d %b"
    x = alt.X(
        "start:T",
        title="Start of the window, UTC",
        scale=alt.Scale(type="utc", domain=[first, last], nice=False),
        axis=alt.Axis(format=form, tickCount=6, grid=False),
    )
    y = alt.Y(
        "high:Q",
        title="Flagged domains",
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(tickMinStep=1, tickCount=5, format=",d", domain=False, ticks=False),
    )
    drawn = (
        chart_of(bars)
        .mark_rect(strokeWidth=0)
        .encode(
            x=x,
            x2="end:T",
            y=y,
            y2="low:Q",
            color=alt.condition("datum.alarm", alt.value(ALARM), alt.value(MUTED)),
        )
    )
    expected = chart_of(chance).mark_rule(color=INK, strokeWidth=1.5).encode(x=x, x2="end:T", y=y)
    missing = chart_of(gaps).mark_text(text="×", color=INK, fontSize=13).encode(x=x, y=y)
    return svg_of(alt.layer(drawn, expected, missing), height=160, width=620)


def _ms(past: PastWindow, part: float, width: timedelta) -> float:
    return (past.start + part * width).timestamp() * 1000
