"""The points that the charts draw, as plain rows. Knows no drawing library."""

from __future__ import annotations

import math
from typing import Any

from airflow_provider_devo_dga.reports.evidence.client_evidence import ClientEvidence, suspicious_from
from airflow_provider_devo_dga.reports.evidence.found import BARS
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.page.text import shorten, visible

NAMED = 3
LINE_SHARE = 0.08  # height of a line of text against that of the chart
CURVE_POINTS = 120

Rows = list[dict[str, Any]]


def asked_range(summary: ReportSummary) -> tuple[int, int]:
    """Return the fewest and the most domains that any client asked for, (1, 1) without clients."""
    asked = [cell.asked for cell in summary.cells] + [client.asked for client in summary.clients] or [1]
    return min(asked), max(asked)


def flagged_most(summary: ReportSummary) -> int:
    """Return the most flagged domains of any client, shared ones counted in part as everywhere here."""
    flagged = [cell.flagged for cell in summary.cells] + [client.counted for client in summary.clients]
    return max(flagged, default=0)


def chart_top(most: float) -> float:
    """Return where an axis of counts ends: above the most, and never so low that one looks like much."""
    return max(5, most * 1.08)


def asked_ticks(low: int, high: int) -> list[int]:
    """Return round numbers within a logarithmic axis; its ends when there are none."""
    decades = math.log10(max(high, low + 1) / low)
    steps = (10,) if decades > 2.5 else (10, 20, 50) if decades > 0.7 else (10, 15, *range(20, 100, 10))
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10**power // 10 for power in powers for step in steps]
    return sorted({tick for tick in ticks if low <= tick <= high}) or sorted({low, high})


def expected_line(summary: ReportSummary) -> Rows:
    """Return what chance expects along the axis: asked × rate."""
    top, rate = chart_top(flagged_most(summary)), summary.null.mean
    return [{"asked": n, "flagged": n * rate} for n in _curve(summary) if n * rate <= top]


def suspicious_line(summary: ReportSummary) -> Rows:
    """Return from how many flagged domains a client would be suspicious, where it can be at all."""
    rows: Rows = []
    top = chart_top(flagged_most(summary))
    looks = summary.totals.clients * summary.witnesses
    for n in sorted({max(1, round(n)) for n in _curve(summary)}):
        flagged = suspicious_from(n, summary.null, looks)
        if flagged <= min(n, top):
            rows.append({"asked": n, "flagged": flagged})
    return rows


def found_points(summary: ReportSummary) -> Rows:
    """Return the clients that stand out; the strongest have a name, ``side`` is their half of the axis."""
    middle = math.sqrt(math.prod(asked_range(summary)))
    found = [client for client in summary.clients if client.stands_out]
    named = _apart(found)
    return [
        {
            "asked": client.asked,
            "flagged": client.counted,
            "name": shorten(visible(client.client), 24) if client in named else "",
            "side": "right" if client.asked > middle else "left",
        }
        for client in found
    ]


def _apart(found: list[ClientEvidence]) -> list[ClientEvidence]:
    """Choose the strongest clients whose names would not be written over each other."""
    line = max((client.counted for client in found), default=0) * LINE_SHARE
    named: list[ClientEvidence] = []
    for client in found[:NAMED]:
        if all(abs(client.counted - other.counted) >= line for other in named):
            named.append(client)
    return named


def time_bars(summary: ReportSummary) -> Rows:
    """Return stacked bars of flagged domains by first event, those of clients that stand out at the bottom.

    ``start`` and ``end`` are epoch milliseconds.
    """
    start, width = summary.context.window_start, summary.context.span / BARS
    counts = {(bar.part, bar.stands_out): bar.domains for bar in summary.bars}
    rows = []
    for (number, alarm), domains in sorted(counts.items()):
        base = 0 if alarm else counts.get((number, True), 0)
        rows.append(
            {
                "start": (start + number * width).timestamp() * 1000,
                "end": (start + (number + 0.85) * width).timestamp() * 1000,
                "low": base,
                "high": base + domains,
                "alarm": alarm,
            }
        )
    return rows


def _curve(summary: ReportSummary) -> list[float]:
    """Numbers of domains asked, evenly spread over a logarithmic axis and a little beyond."""
    low, high = asked_range(summary)
    ratio = math.log(1.2 * high / low)
    return [low * math.exp(ratio * step / CURVE_POINTS) for step in range(CURVE_POINTS + 1)]
