"""The rate that the verdicts rest on, in words: how much, out of what, and how it compares with training."""

from __future__ import annotations

from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.page.words import counted, percent

DRIFTED = 2.0
"""From so many times training's rate on, an hour is called out of the ordinary."""


def drift(summary: ReportSummary) -> float:
    """Return how many times training's rate the rate of clean clients here is; 1 when none was seen."""
    if not summary.totals.clients:
        return 1.0
    return summary.null.mean / summary.rate


def rate_words(summary: ReportSummary) -> str:
    """Return which rate was used, and out of what it was found."""
    begun = f"{percent(summary.rate)} that {'is assumed' if summary.rate_assumed else 'training measured'}"
    if summary.null_windows:
        begun = f"the rates of {counted(summary.null_windows, 'window')} before; training's is {begun}"
    if not summary.totals.clients:
        return f"No client was seen, so there is no rate of clean ones here but {begun}."
    return (
        f"A clean client here has about {percent(summary.null.mean)} of its domains flagged, as"
        f" {counted(summary.totals.clients, 'client')} of this window show, beginning with {begun}."
    )


def drift_words(summary: ReportSummary) -> str:
    """Return what a rate means that is far above training's; ``""`` when it is not."""
    if (times := drift(summary)) < DRIFTED:
        return ""
    than = "assumed" if summary.rate_assumed else "in training"
    return (
        f"Names are flagged {times:.2g} times as often here as {than}: this traffic differs from what the"
        " model knows, and verdicts are weaker for it."
    )
