"""The latest windows of a Dag as they are stored, reports and drift, and how many of each cannot be read."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from airflow_provider_devo_dga.drift.watch import DriftWatch
from airflow_provider_devo_dga.errors import DocumentError
from airflow_provider_devo_dga.plugins.window_facts import WindowFacts
from airflow_provider_devo_dga.reports.shelf import ReportShelf, StoredReport

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

    def add(self, report: StoredReport, watch: DriftWatch) -> None:
        """Add a report and its drift; one that cannot be read costs its own line."""
        if report.figures is None:
            self.unread_reports += 1
            return
        drift = None
        try:
            drift = watch.find(report.slug)
        except DocumentError as error:
            log.warning("The page of DGA reports leaves out: %s", error)
            self.unread_drift += 1
        self.windows.append(WindowFacts(report.slug, report.figures.context, report.figures.totals, drift))


def stored_windows(dag_id: str, shelf: ReportShelf, most: int) -> StoredWindows:
    """Return a Dag's latest windows."""
    found, watch = StoredWindows(), DriftWatch(shelf.folder / "drift")
    for report in shelf.latest(dag_id, most):
        found.add(report, watch)
    return found
