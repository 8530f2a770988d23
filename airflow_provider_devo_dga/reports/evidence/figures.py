"""What later readers need of a report: whose it is, what was scored, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

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
            _refuse_naive(instant := getattr(self, name), name)
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
    :param domains_expected_false: domains × the larger of training's rate and that of clean clients here.
    :param clients_alternative: clients with so many names on alternative roots that people are to be told,
        those left out that stand out by the model.
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


class Change(StrEnum):
    """What is new of a client that stands out."""

    NEW = "new"
    WORSE = "worse"
    BACK = "back after quiet"


@dataclass(frozen=True, kw_only=True)
class ClientHistory:
    """What the last windows say of a client that stands out in this one.

    :param first: start of the window in which it first stood out; a day of quiet forgets it.
    :param in_a_row: windows up to this one in which it did; such without a report are passed over.
    :param stood_out: windows in which it did, of ``windows``, this one among them.
    :param change: why people are to be told; None when they know.
    :raises ReportError: ``first`` is naive.
    """

    first: datetime
    in_a_row: int
    stood_out: int
    windows: int
    change: Change | None = None

    def __post_init__(self) -> None:
        _refuse_naive(self.first, "first")


@dataclass(frozen=True, kw_only=True)
class KnownClient:
    """A client that a report lists.

    :param client: as the events name it, mostly an IP address; hostile text is possible.
    :param history: None when it does not stand out, and in reports of earlier releases.
    """

    client: str
    history: ClientHistory | None = None


@dataclass(frozen=True, kw_only=True)
class JudgedClient(KnownClient):
    """One by the model's evidence."""

    verdict: str


@dataclass(frozen=True, kw_only=True)
class AlternativeClient(KnownClient):
    """One by names on alternative roots."""

    alarm: bool


@dataclass(frozen=True, kw_only=True)
class ReportFigures:
    """A report, in figures.

    :param null: the rate of clean clients that the evidence rests on; None in reports of earlier releases.
    :param last_told: start of the latest window, up to this one, of which people were told; None of none.
    :raises ReportError: ``last_told`` is naive.
    """

    context: RunFigures
    totals: KeyTotals
    null: NullRate | None = None
    clients: tuple[JudgedClient, ...] = ()
    alternative: tuple[AlternativeClient, ...] = ()
    last_told: datetime | None = None

    def __post_init__(self) -> None:
        if self.last_told is not None:
            _refuse_naive(self.last_told, "last_told")

    @property
    def told(self) -> bool:
        """Whether people are to be told of this window."""
        return self.last_told == self.context.window_start


@dataclass(frozen=True, slots=True)
class PastWindow:
    """A window before, as its own report told of it.

    :param start: aware.
    :param totals: None when it has no report that can be read.
    :param null: the rate of clean clients there; None, too, when another model or another table was asked.
    :param report: the whole of it; None, too, when another table was asked.
    :param slug: name of its report's folder, ``""`` without one.
    """

    start: datetime
    totals: KeyTotals | None = None
    null: NullRate | None = None
    report: ReportFigures | None = None
    slug: str = ""


def _refuse_naive(instant: datetime, name: str) -> None:
    if instant.utcoffset() is None:
        raise ReportError(f"{name} needs a time zone")


TREND_WINDOWS = 24
Trend = tuple[PastWindow, ...]

REPORT = DocumentKind("report", ReportFigures, 2, dict.fromkeys((0, 1), lambda found: found))
"""``report.json``. Format 1 is format 0 with its number, format 2 has the rate of clean clients."""
