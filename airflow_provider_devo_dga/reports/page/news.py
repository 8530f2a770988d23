"""Why people are told of a window, in a sentence."""

from __future__ import annotations

from airflow_provider_devo_dga.reports.evidence.client_history import BACK_AFTER, standing
from airflow_provider_devo_dga.reports.evidence.figures import Change, ClientHistory
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.page.text import shorten, visible
from airflow_provider_devo_dga.reports.page.words import count, counted, day_and_minute

NAMED = 3

_WORDS = {
    Change.NEW: "New",
    Change.WORSE: "Worse than before",
    Change.BACK: f"Back after {BACK_AFTER} quiet windows or more",
}


def news(summary: ReportSummary) -> str:
    """Return which clients have changed, or that this is the day's reminder; ``""`` when nobody is told.

    Plain text that is not yet escaped for HTML.
    """
    if not summary.told:
        return ""
    found = [known for _, known in standing(summary.clients, summary.alternative).values()]
    told = []
    for change, word in _WORDS.items():
        if names := [each.client for each in found if each.history and each.history.change is change]:
            more = f" and {count(len(names) - NAMED)} more" if len(names) > NAMED else ""
            told.append(f"{word}: {', '.join(shorten(visible(name), 48) for name in names[:NAMED])}{more}.")
    still = "client still stands out" if len(found) == 1 else "clients still stand out"
    return " ".join(told) or f"The reminder of the day: {count(len(found))} {still}."


def history_words(history: ClientHistory) -> str:
    """``new`` or ``worse; since 24 November, 10:00 UTC; 5 of the last 24 windows, 3 in a row``."""
    if history.change is Change.NEW:
        return f"new in {counted(history.windows, 'window')}" if history.windows > 1 else "first report"
    told = (
        *([str(history.change)] if history.change else ()),
        f"since {day_and_minute(history.first)}",
        f"{history.stood_out} of the last {counted(history.windows, 'window')}, {history.in_a_row} in a row",
    )
    return "; ".join(told)
