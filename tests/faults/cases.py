"""The faults of the wire, and what each has to come to. Rows are those of Devo's contract of the hook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from airflow_provider_devo_dga.devo_api.attempts import MAY_PASS
from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoError,
    DevoIncompleteError,
    DevoQueryError,
    DevoResultError,
    DevoThrottledError,
    DevoTransientError,
)

Error = type[DevoError] | None


@dataclass(frozen=True)
class Fault:
    """A fault, and its outcome.

    :param error: what it becomes while it lasts; None when the answer is whole in spite of it.
    :param counting: the same when it strikes the answer to a count, where that differs.
    :param after: rows before it. A caller that hands out rows as they come cannot ask again after these.
    :param counts: whether each struck answer is compared with a count.
    :param completeness: ``count`` for what framing cannot show.
    :param more: further fields of the sandbox's fault.
    """

    row: str
    name: str
    error: Error
    counting: Error | str = "same"
    after: int = 0
    counts: bool = False
    completeness: str = "framing"
    slow: bool = False
    more: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> Error:
        """Return what a caller of this kind gets while the fault lasts."""
        if kind == "count" and not isinstance(self.counting, str):
            return self.counting
        return self.error

    def may_pass(self, kind: str) -> bool:
        """Tell whether it is asked again."""
        error = self.of(kind)
        return error is not None and issubclass(error, MAY_PASS)


FAULTS = (
    Fault("1", "e_first", DevoQueryError),
    Fault("1", "e_first_busy", DevoTransientError),
    Fault("2", "e_mid", DevoIncompleteError, after=2),
    Fault("3", "e_mid_escaped", DevoIncompleteError, after=2),
    Fault("4", "launch_200", DevoQueryError),
    Fault("4", "error_200", DevoTransientError),
    Fault("5", "error_column", None),
    Fault("6", "empty_200", DevoIncompleteError),
    Fault("8", "cut_row", DevoIncompleteError, after=2, counts=True),
    Fault("8", "reframed", DevoIncompleteError, after=2, counts=True, completeness="count"),
    Fault("9", "cut_mid_row", DevoIncompleteError, after=2),
    Fault("10", "cut_chunked", DevoIncompleteError, DevoTransientError, after=2),
    Fault("10", "length_long", DevoIncompleteError, after=6),
    Fault("10", "length_short", DevoIncompleteError),
    Fault("10", "reset_mid", DevoIncompleteError, DevoTransientError, after=2),
    Fault("11", "stall", DevoIncompleteError, DevoTransientError, after=2, slow=True),
    Fault("12", "stall_headers", DevoTransientError, slow=True),
    Fault("13", "keepalive_forever", DevoIncompleteError, DevoTransientError, after=2, slow=True),
    Fault("13", "slow_drip", None, more={"delay_s": 0.01}),
    Fault("14", "refuse", DevoTransientError),
    Fault("14", "reset", DevoTransientError),
    Fault("15", "auth", DevoAuthError),
    Fault("15", "auth_401", DevoAuthError),
    Fault("15", "login_302", DevoConnectionConfigError),
    Fault("16", "http_429", DevoThrottledError, more={"delay_s": 0}),
    Fault("16", "http_503", DevoTransientError),
    Fault("17", "html_502", DevoTransientError),
    Fault("18", "html_200", DevoResultError),
    Fault("19", "odd_error", DevoTransientError),
    Fault("19", "odd_error_null", DevoQueryError),
    Fault("19", "odd_error_text", DevoTransientError),
    Fault("20", "bad_param", DevoQueryError),
    Fault("22", "short_row", DevoResultError, after=2),
    Fault("22", "long_row", DevoResultError, after=2),
    Fault("23", "dup_col", DevoResultError, None),
    Fault("24", "bad_utf8", DevoResultError, after=2),
    Fault("27", "json_status", None, counts=True),
)
