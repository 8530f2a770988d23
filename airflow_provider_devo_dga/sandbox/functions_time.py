"""The operations on moments. Timestamps are epoch milliseconds; fields are read in UTC or a written zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from functools import cache

from airflow_provider_devo_dga.sandbox.operation import Operation, Overload
from airflow_provider_devo_dga.sandbox.sql import Piece, quoted
from airflow_provider_devo_dga.sandbox.types import DURATION, INT8, STR, TIMESTAMP


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _zone(piece: Piece) -> bool:
    return piece.type == STR and piece.written in _zones()


def _field(name: str, sql: str, note: str) -> Operation:
    def in_zone(arguments: Sequence[Piece]) -> str:
        moment, zone = arguments
        return sql.format(
            f"timezone({quoted(str(zone.written))}, CAST(epoch_ms({moment.text}) AS TIMESTAMPTZ))"
        )

    overloads = (
        Overload((TIMESTAMP,), INT8, sql.format("epoch_ms({0})")),
        Overload((TIMESTAMP, _zone), INT8, in_zone),
    )
    return Operation(name, "(timestamp[, str zone]) → int8", "documented", note, overloads)


OPERATIONS = (
    _field("second", "second({0})", ""),
    _field("minute", "minute({0})", ""),
    _field("hour", "hour({0})", ""),
    _field("day", "day({0}) - 1", "the first day of the month is 0"),
    _field("dayofweek", "dayofweek({0})", "Sunday is 0"),
    _field("month", "month({0}) - 1", "January is 0"),
    _field("year", "year({0})", ""),
    Operation(
        "epoch",
        "(timestamp) → int8",
        "documented",
        "milliseconds (assumed)",
        (Overload((TIMESTAMP,), INT8, "{0}"),),
    ),
    Operation(
        "timestamp",
        "(int milliseconds) → timestamp",
        "documented",
        "",
        (Overload((TIMESTAMP,), TIMESTAMP, "{0}"), Overload((INT8,), TIMESTAMP, "{0}")),
    ),
    Operation(
        "period",
        "(timestamp, duration) → timestamp",
        "documented",
        "the start of the span that holds the moment, counted from the epoch in UTC (assumed)",
        (Overload((TIMESTAMP, DURATION), TIMESTAMP, "{0} - ({0} % nullif({1}, 0) + {1}) % nullif({1}, 0)"),),
    ),
)
