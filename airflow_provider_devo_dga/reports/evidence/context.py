"""What a report must know about its run that the scored rows do not say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.features.linq import HostSource
from airflow_provider_devo_dga.reports.evidence.figures import RunFigures


@dataclass(frozen=True, kw_only=True)
class ReportContext(RunFigures):
    """Where the scored rows come from and which model scored them, beside what :class:`RunFigures` says.

    :param devo_domain: the Devo domain (tenant) of the table.
    :param hosts: where that table keeps hosts and clients; None when unknown.
    :param model_sha256: SHA-256 of the model file, hex, None when unknown.
    :param events_in_window: all events of the window, None (as all ``events_…``) when they were not counted.
    :param events_with_address: those whose host is an IP address.
    :param events_unknown_suffix: those whose host is below no public suffix.
    :param events_alternative_root: those whose host is on an alternative root.
    :param late_allowance: seconds after the window's end at which its events were read, None when unknown.
    :param source_key: eight hex digits that tell sources apart, which the report's folder ends with.
    :param suffix_policy: fingerprint of the rule which label of a host is judged.
    :param code_field: column of the response codes, None when the source has none.
    :param failed_codes: its values that mean that a name got no answer.
    :param allow_told: how many entries of which kind the allow-list has; ``watch_told`` likewise.
    :param generated_at: aware.
    :raises ReportError: for a naive ``generated_at``, too.
    """

    table: str
    devo_domain: str
    hosts: HostSource | None = None
    model_sha256: str | None = None
    events_in_window: int | None = None
    events_without_host: int | None = None
    events_with_address: int | None = None
    events_unknown_suffix: int | None = None
    events_alternative_root: int | None = None
    late_allowance: float | None = None
    source_key: str = ""
    suffix_policy: str = ""
    code_field: str | None = None
    failed_codes: tuple[str, ...] = ()
    allow_told: str = ""
    watch_told: str = ""
    generated_at: datetime
    run_id: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.generated_at.utcoffset() is None:
            raise ReportError("generated_at needs a time zone")
