"""What a report must know about its run that the scored rows do not say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from airflow_provider_devo_dga.errors import ReportError


@dataclass(frozen=True, kw_only=True)
class ReportContext:
    """Where the scored rows come from and which model scored them.

    :param window_start: start of the window, aware, inclusive.
    :param window_end: end of the window, aware, exclusive, after ``window_start``.
    :param table: the Devo table the events lie in.
    :param devo_domain: the Devo domain (tenant) of the table.
    :param model_name: the model's name in the Model Manager.
    :param model_version: its version in the model history, None when there is none.
    :param model_sha256: SHA-256 of the model file, hex, None when unknown.
    :param threshold: score from which a domain is flagged, in (0, 1]; None when rows carry labels only.
    :param false_positive_rate: measured share of legit domains over the threshold, in [0, 1);
        None when it was not measured.
    :param events_in_window: all events of the window, None when they were not counted.
    :param events_without_host: those without a host, None when they were not counted.
    :param events_with_address: those whose host is an IP address, None when they were not counted.
    :param events_unknown_suffix: those whose host is below no public suffix, None when they were not counted.
    :param late_allowance: how long after the window's end its events were read, None when unknown.
    :param generated_at: when the report is made, aware.
    :param dag_id: the Dag that made it.
    :param run_id: its Dag run.
    :raises ReportError: for a naive or reversed window, a naive ``generated_at``, a threshold or a rate
        out of range.
    """

    window_start: datetime
    window_end: datetime
    table: str
    devo_domain: str
    model_name: str
    model_version: str | None = None
    model_sha256: str | None = None
    threshold: float | None = None
    false_positive_rate: float | None = None
    events_in_window: int | None = None
    events_without_host: int | None = None
    events_with_address: int | None = None
    events_unknown_suffix: int | None = None
    late_allowance: timedelta | None = None
    generated_at: datetime
    dag_id: str
    run_id: str

    def __post_init__(self) -> None:
        for name in ("window_start", "window_end", "generated_at"):
            if getattr(self, name).utcoffset() is None:
                raise ReportError(f"{name} needs a time zone")
        if self.window_start >= self.window_end:
            raise ReportError("The window ends before it starts")
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise ReportError(f"threshold must lie in (0, 1], not at {self.threshold}")
        if self.false_positive_rate is not None and not 0 <= self.false_positive_rate < 1:
            raise ReportError(f"false_positive_rate must lie in [0, 1), not at {self.false_positive_rate}")

    @property
    def span(self) -> timedelta:
        """Length of the window."""
        return self.window_end - self.window_start
