"""The operations on moments. Timestamps are epoch milliseconds; fields are read in UTC or a written zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from functools import cache

from devo_sandbox.linq.functions.operation import Operation, Overload
from devo_sandbox.linq.sql import Piece, braced, moment, nonzero, quoted
from devo_sandbox.linq.types import DURATION, INT8, STR, TIMESTAMP

TEXT = "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}([.][0-9]{3})?)?"
SPAN = nonzero("{1}")
OF_TEXT = braced(quoted(TEXT)).join(
    ("CASE WHEN regexp_full_match({0}, ", ") THEN epoch_ms(TRY_CAST({0} AS TIMESTAMP)) END")
)


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def is_zone(piece: Piece) -> bool:
    """Accept the written name of a time zone."""
    return piece.type == STR and piece.written in _zones()


def local(instant: Piece, zone: Piece) -> str:
    """Return the SQL of what clocks show in a written zone."""
    return f"timezone({quoted(str(zone.written))}, CAST(epoch_ms({instant.text}) AS TIMESTAMPTZ))"


def _field(name: str, sql: str, note: str) -> Operation:
    def in_zone(arguments: Sequence[Piece]) -> str:
        return sql.format(local(*arguments))

    overloads = (
        Overload((TIMESTAMP,), INT8, sql.format("epoch_ms({0})")),
        Overload((TIMESTAMP, is_zone), INT8, in_zone),
    )
    return Operation(name, "(timestamp[, str zone]) → int8", "digest", note, overloads)


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
        "digest",
        "milliseconds (assumed)",
        (Overload((TIMESTAMP,), INT8, "{0}"),),
    ),
    Operation(
        "timestamp",
        "(int milliseconds or str) → timestamp",
        "digest",
        "a text as yyyy-MM-dd[ HH:mm:ss[.SSS]] in UTC; what does not convert gives null (all assumed)",
        (
            Overload((TIMESTAMP,), TIMESTAMP, "{0}"),
            Overload((INT8,), TIMESTAMP, moment("{0}")),
            Overload((STR,), TIMESTAMP, OF_TEXT),
        ),
    ),
    Operation(
        "period",
        "(timestamp, duration) → timestamp",
        "digest",
        "the start of the span that holds the moment, counted from the epoch in UTC (assumed)",
        (Overload((TIMESTAMP, DURATION), TIMESTAMP, f"{{0}} - ({{0}} % ({SPAN}) + {{1}}) % ({SPAN})"),),
    ),
)
