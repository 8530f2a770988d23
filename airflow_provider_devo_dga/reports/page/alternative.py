"""What a page says of names on alternative roots."""

from __future__ import annotations

from airflow_provider_devo_dga.reports.evidence.alternative_use import AlternativeUse
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.page.text import shorten, visible
from airflow_provider_devo_dga.reports.page.words import counted, moment


def alternative_words(summary: ReportSummary) -> str:
    """Return the sentence about those who raise an alarm; ``""`` without any."""
    alarms = [use for use in summary.alternative if use.alarm]
    if not alarms:
        return ""
    first, others = alarms[0], len(alarms) - 1
    more = f", and {counted(others, 'other client')} for such names, too" if others else ""
    since = moment(first.first_seen, summary.context.window_start, summary.context.window_end)
    return (
        f"{shorten(visible(first.client), 48)} asked for {counted(first.names_n, 'name')} on alternative"
        f" roots ({roots_of(first)}), since {since}{more}."
    )


def roots_of(use: AlternativeUse) -> str:
    """``.bazar, .bit``."""
    return ", ".join(f".{root}" for root in use.roots)
