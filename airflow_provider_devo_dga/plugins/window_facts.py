"""What the pages show of one window: its report's figures, and its drift."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_devo_dga.drift.record import DriftRecord
from airflow_provider_devo_dga.reports.evidence.figures import KeyTotals, RunFigures


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """One report.

    :param slug: name of its folder.
    :param drift: None when the window was not watched.
    """

    slug: str
    context: RunFigures
    totals: KeyTotals
    drift: DriftRecord | None

    @property
    def source(self) -> str:
        """Digits of the source that was asked, see ``HostSource.key``; ``""`` for a report without them."""
        return self.slug.rpartition("s_")[2] if "s_" in self.slug else ""

    @property
    def address(self) -> str:
        """Where its report is, as seen from the page of all."""
        return f"reports/{self.slug}/report.html"

    @property
    def model_version(self) -> str | None:
        """Who scored it."""
        return self.context.model_version

    @property
    def noticed(self) -> int:
        """How many clients people are to look at, beside those almost certainly infected."""
        return self.totals.clients_suspicious + self.totals.clients_alternative

    @property
    def finding(self) -> str:
        """``infected``, ``suspicious``, ``empty`` or ``chance``."""
        if self.totals.clients_infected:
            return "infected"
        if self.noticed:
            return "suspicious"
        return "chance" if self.totals.domains else "empty"
