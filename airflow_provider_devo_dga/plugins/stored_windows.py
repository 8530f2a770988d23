"""The latest windows of a Dag as they are stored, reports and drift, and how many of each cannot be read."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from airflow_provider_devo_dga.drift.watch import DriftWatch
from airflow_provider_devo_dga.errors import DocumentError
from airflow_provider_devo_dga.plugins.window_facts import WindowFacts
from airflow_provider_devo_dga.reports.shelf import ReportShelf

log = logging.getLogger(__name__)


@dataclass(slots=True)
class StoredWindows:
    """The windows of a page.

    :param windows: those with a report, the newest first.
    :param unread_reports: further ones, whose report is damaged or of a newer release.
    :param unread_drift: windows whose record of drift is.
    """

    windows: list[WindowFacts] = field(default_factory=list)
    unread_reports: int = 0
    unread_drift: int = 0


def stored_windows(dag_id: str, shelf: ReportShelf, most: int) -> StoredWindows:
    """Return a Dag's latest windows; what cannot be read costs its own line."""
    found, watch = StoredWindows(), DriftWatch(shelf.folder / "drift")
    for report in shelf.latest(dag_id, most):
        if report.figures is None:
            found.unread_reports += 1
            continue
        drift = None
        try:
            drift = watch.find(report.slug)
        except DocumentError as error:
            log.warning("The page of DGA reports leaves out: %s", error)
            found.unread_drift += 1
        found.windows.append(WindowFacts(report.slug, report.figures.context, report.figures.totals, drift))
    return found
