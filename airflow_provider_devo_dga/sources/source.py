"""One source of reports: a table of one Devo, what its columns mean, its lists, limits and people."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from airflow_provider_devo_dga.errors import FeatureError, SourceError
from airflow_provider_devo_dga.features import quoting
from airflow_provider_devo_dga.features.linq import FAILED_CODES, HostSource
from airflow_provider_devo_dga.storage import default_store

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
# what Airflow itself takes
_CONN_ID = re.compile(r"[\w#!()\-.:/\\]{1,250}", re.ASCII)
_MAIL = re.compile(r"[^\s@{}%,;]+@[^\s@{}%,;]+")
_DETECTIONS = re.compile(r"my\.app\.[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_LAG = 45
_MOST_EVENTS = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the hourly report needs to know of one table; connections by their ids, never a secret.

    The fields are named as the params of ``dga_hourly_report``.

    :param name: what people call it, and Airflow's grid.
    :param table: dotted table name.
    :param field: its column with URIs or hosts, see ``field_kind``.
    :param client_field: its column that names who asked.
    :param code_field: its column with the response code of a look-up; None: there is none.
    :param failed_codes: values of that column which mean that a name got no answer.
    :param min_events: wait for at least so many events.
    :param lag_minutes: wait so long after a window's end for late events.
    :param devo_domain: Devo domain that owns the model, ``self`` for the connection's own.
    :param models_dir: URI of the folder with trained models; None: ``models`` in the store.
    :param reports_dir: URI of the folder for reports; None: ``reports`` in the store.
    :param allow: domains never to flag; ``.suffix`` for all below it.
    :param allow_file: URI of a text file with more of them, one a line. The same for the other lists.
    :param watch: domains, ``.suffix`` and hosts to show when they are seen.
    :param no_alarm: clients whose findings raise no alarm: addresses and networks.
    :param drift_limit: population stability index of a feature above which it has drifted.
    :param detections_table: custom table of Devo to send detections to; None: none.
    :param mail_to: addresses of those who are told; empty: those of the whole installation.
    :raises SourceError: a value can never work; names its field.
    """

    name: str
    table: str
    field: str
    client_field: str
    field_kind: Literal["uri", "host"] = "host"
    code_field: str | None = None
    failed_codes: Sequence[str | int] = FAILED_CODES
    min_events: int = 1
    lag_minutes: float = 0
    model_name: str = "dga_classifier"
    devo_domain: str = "self"
    models_dir: str | None = None
    reports_dir: str | None = None
    drift_limit: float = 0.25
    allow: Sequence[str] = ()
    allow_file: str | None = None
    watch: Sequence[str] = ()
    watch_file: str | None = None
    no_alarm: Sequence[str] = ()
    no_alarm_file: str | None = None
    detections_table: str | None = None
    devo_conn_id: str = "devo_default"
    mlmm_conn_id: str = "devo_mlmm_default"
    events_conn_id: str = "devo_events_default"
    mail_to: Sequence[str] = ()

    def __post_init__(self) -> None:
        _matches("name", self.name, _NAME, "1–100 letters, digits, '_', '.' and '-'")
        if _is_literal(self.name):
            raise SourceError("name", f"Airflow takes {self.name!r} for a value: put a word before it")
        for name in ("devo_conn_id", "mlmm_conn_id", "events_conn_id"):
            _matches(name, getattr(self, name), _CONN_ID, "the id of an Airflow connection")
        if self.detections_table is not None:
            _matches("detections_table", self.detections_table, _DETECTIONS, "my.app.<word>.<word>")
        for address in self.mail_to:
            _matches("mail_to", address, _MAIL, "an address of mail")
        _above("min_events", self.min_events, 1)
        _above("lag_minutes", self.lag_minutes, 0)
        if self.lag_minutes > _LONGEST_LAG:
            raise SourceError("lag_minutes", f"{self.lag_minutes} is more than {_LONGEST_LAG} minutes")
        if self.min_events > _MOST_EVENTS:
            raise SourceError("min_events", f"more than {_MOST_EVENTS} events are not waited for")
        if not 0 < self.drift_limit < math.inf:
            raise SourceError("drift_limit", f"{self.drift_limit} is no number above 0")
        _spliced("model_name", quoting.model_name, self.model_name)
        _spliced("devo_domain", quoting.domain_name, self.devo_domain)
        _spliced("table", quoting.table, self.table)
        for name in ("field", "client_field", "code_field"):
            if (column := getattr(self, name)) is not None:
                _spliced(name, quoting.identifier, column)
        _spliced("failed_codes", lambda _: self.hosts, None)
        # XCom has no number of any size
        object.__setattr__(self, "failed_codes", self.hosts.failed_codes)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Source:
        """Return the source of a mapping that may hold other things, too, such as a run's params."""
        return cls(**{each.name: values[each.name] for each in fields(cls) if each.name in values})

    @property
    def hosts(self) -> HostSource:
        """What queries are made from."""
        return HostSource(
            table=self.table,
            field=self.field,
            client_field=self.client_field,
            kind=self.field_kind,
            code_field=self.code_field,
            failed_codes=self.failed_codes,
        )

    @property
    def key(self) -> str:
        """Eight hex digits that all that is kept of the source is named by."""
        return self.hosts.key(self.devo_conn_id, self.devo_domain)

    @property
    def models(self) -> str:
        """URI of the folder with trained models."""
        return (self.models_dir or f"{default_store()}/models").rstrip("/")

    @property
    def reports(self) -> str:
        """URI of the folder for reports."""
        return (self.reports_dir or f"{default_store()}/reports").rstrip("/")

    def to_dict(self) -> dict[str, Any]:
        """Return the source as JSON values, for XCom."""
        return asdict(self)


def _is_literal(text: str) -> bool:
    """Tell whether a Dag that renders templates as native objects makes something else of a text."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False
    return True


def _matches(name: str, value: str, pattern: re.Pattern[str], wanted: str) -> None:
    if not pattern.fullmatch(value):
        raise SourceError(name, f"{value[:100]!r} is not {wanted}")


def _above(name: str, value: float, least: float) -> None:
    if not value >= least:
        raise SourceError(name, f"{value} is less than {least}")


def _spliced(name: str, check: Callable[[Any], object], value: Any) -> None:
    """Hold a value to what may enter LINQ, and tell its field."""
    try:
        check(value)
    except FeatureError as error:
        raise SourceError(name, str(error)) from None
