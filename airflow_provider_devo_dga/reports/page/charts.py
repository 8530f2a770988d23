"""Two charts as SVG text: clients against chance, and flagged domains over time."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.page.chart_points import (
    asked_range,
    asked_ticks,
    chart_top,
    expected_line,
    flagged_most,
    found_points,
    suspicious_line,
    time_bars,
)
from airflow_provider_devo_dga.reports.page.svg import (
    ALARM,
    INK,
    MUTED,
    bars_of,
    chart_of,
    count_axis,
    svg_of,
    time_axis,
)

if TYPE_CHECKING:
    import altair as alt


def clients_chart(summary: ReportSummary) -> str:
    """Draw every client by domains asked and flagged, with what chance expects.

    Clients that stand out are alarm dots, the strongest by name as far as there is room. All others are
    grey, counted in cells.

    :return: one ``<svg>`` element.
    """
    import altair as alt

    x, y = _client_axes(summary)
    expected = chart_of(expected_line(summary)).mark_line(color=INK, strokeWidth=1.5)
    bound = chart_of(suspicious_line(summary)).mark_line(
        color=ALARM, strokeWidth=1.5, strokeDash=[4, 3], interpolate="step-after"
    )
    found = chart_of(found_points(summary)).mark_circle(color=ALARM, opacity=1, size=60)
    layers = [expected, bound, found, *(_names(summary, side) for side in ("left", "right"))]
    return svg_of(alt.layer(_crowd(summary), *layers).encode(x=x, y=y))


def timeline_chart(summary: ReportSummary) -> str:
    """Draw flagged domains by the time they were first seen, those of clients that stand out in alarm.

    :return: one ``<svg>`` element.
    """
    context = summary.context
    limits = [context.window_start.timestamp() * 1000, context.window_end.timestamp() * 1000]
    form = "%H:%M" if context.span <= timedelta(days=1) else "%d %b %H:%M"
    bars = time_bars(summary)
    y = count_axis(chart_top(max((bar["high"] for bar in bars), default=0)))
    return svg_of(bars_of(bars, time_axis("First seen, UTC", limits, form), y))


def _client_axes(summary: ReportSummary) -> tuple[alt.X, alt.Y]:
    import altair as alt

    low, high = asked_range(summary)
    x = alt.X(
        "asked:Q",
        title="Distinct domains asked for",
        scale=alt.Scale(type="log", nice=False, domain=[low * 0.85, high * 1.2]),
        axis=alt.Axis(values=asked_ticks(low, high), grid=False, format=",d"),
    )
    return x, count_axis(chart_top(flagged_most(summary)), "flagged")


def _crowd(summary: ReportSummary) -> Any:
    import altair as alt

    largest = max((cell.clients for cell in summary.cells), default=1)
    scale = alt.Scale(type="sqrt", domain=[0, max(40, largest)], range=[10, 220])
    return (
        chart_of([asdict(cell) for cell in summary.cells])
        .mark_circle(color=MUTED, opacity=0.55)
        .encode(size=alt.Size("clients:Q", scale=scale, legend=None))
    )


def _names(summary: ReportSummary, side: str) -> Any:
    """Name dots of the right half to their left, and the other way round, so that no name is cut."""
    points = [point for point in found_points(summary) if point["name"] and point["side"] == side]
    return (
        chart_of(points)
        .mark_text(
            align="right" if side == "right" else "left", dx=-9 if side == "right" else 9, fontWeight=600
        )
        .encode(text="name:N")
    )
