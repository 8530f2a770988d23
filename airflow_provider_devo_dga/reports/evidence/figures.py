"""What later readers need of a report: whose it is, what was scored, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from airflow_provider_devo_dga.documents import DocumentKind
from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.reports.evidence.null_rate import NullRate

_MOST = 2**53
_YEARS = range(1970, 9999)


@dataclass(frozen=True, kw_only=True)
class RunFigures:
    """The run behind a report.

    :param table: the Devo table the events lie in; ``""`` when unknown.
    :param window_start: start of the window, aware, inclusive.
    :param window_end: end of the window, aware, exclusive, after ``window_start``.
    :param model_name: the model's name in the Model Manager.
    :param model_version: its version in the model history, None when there is none.
    :param threshold: score from which a domain is flagged, in (0, 1]; None when rows carry labels only.
    :param false_positive_rate: measured share of legit domains over the threshold, in [0, 1);
        None when it was not measured.
    :raises ReportError: for a naive or reversed window, a threshold or a rate out of range.
    """

    table: str = ""
    window_start: datetime
    window_end: datetime
    model_name: str
    model_version: str | None = None
    threshold: float | None = None
    false_positive_rate: float | None = None
    dag_id: str

    def __post_init__(self) -> None:
        for name in ("window_start", "window_end"):
            if (instant := getattr(self, name)).utcoffset() is None:
                raise ReportError(f"{name} needs a time zone")
            if instant.year not in _YEARS:
                raise ReportError(f"{name} lies in the year {instant.year}")
        if self.window_start >= self.window_end:
            raise ReportError("The window ends before it starts")
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise ReportError(f"threshold must lie in (0, 1], not at {self.threshold}")
        if self.false_positive_rate is not None and not 0 <= self.false_positive_rate < 1:
            raise ReportError(f"false_positive_rate must lie in [0, 1), not at {self.false_positive_rate}")

    @property
    def source(self) -> tuple[str | None, ...]:
        """What makes rates comparable: the table, and the model that judged its names."""
        return (self.table, self.model_name, self.model_version)

    @property
    def span(self) -> timedelta:
        """Length of the window."""
        return self.window_end - self.window_start


@dataclass(frozen=True, kw_only=True)
class KeyTotals:
    """The counts that are compared from window to window.

    :param domains: distinct registrable domains scored.
    :param domains_flagged: those the model flagged, allow-listed ones left out.
    :param domains_expected_false: domains × false-positive rate, what a clean network would show.
    :param clients_alternative: clients with so many names on alternative roots that people are to be told.
    :param clients_infected: distinct clients that are almost certainly infected.
    :raises ReportError: one is no count.
    """

    domains: int
    domains_flagged: int
    domains_expected_false: float
    clients: int
    clients_suspicious: int
    clients_infected: int
    clients_alternative: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0 <= getattr(self, field.name) < _MOST:
                raise ReportError(f"{field.name} is no count")


@dataclass(frozen=True, kw_only=True)
class ReportFigures:
    """A report, in figures.

    :param null: the rate of clean clients that the evidence rests on; None in reports of earlier releases.
    """

    context: RunFigures
    totals: KeyTotals
    null: NullRate | None = None


@dataclass(frozen=True, slots=True)
class PastWindow:
    """A window before, as its own report told of it.

    :param start: aware.
    :param totals: None when it has no report that can be read.
    :param null: the rate of clean clients there; None, too, when another model or another table was asked.
    """

    start: datetime
    totals: KeyTotals | None = None
    null: NullRate | None = None


TREND_WINDOWS = 24
Trend = tuple[PastWindow, ...]

REPORT = DocumentKind("report", ReportFigures, 2, dict.fromkeys((0, 1), lambda found: found))
"""``report.json``. Format 1 is format 0 with its number, format 2 has the rate of clean clients."""
