"""Devo's value types, how DuckDB stores them, and what mixes with what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """A type by Devo's name; ``element`` is set for arrays, sets and tuples only."""

    name: str
    element: Type | None = None

    def __str__(self) -> str:
        return f"{self.name}({self.element})" if self.element else self.name


STR = Type("str")
BOOL = Type("bool")
INT4 = Type("int4")
INT8 = Type("int8")
FLOAT4 = Type("float4")
FLOAT8 = Type("float8")
TIMESTAMP = Type("timestamp")
IP4 = Type("ip4")
BIGINT = Type("bigint")
NET4 = Type("net4")
IP6 = Type("ip6")
MAC = Type("mac")
JSON = Type("json")
# These appear inside a query, never as a column of a table.
DURATION = Type("duration")
REGEXP = Type("regexp")
TEMPLATE = Type("template")
NULL = Type("null")

WIDENING = (INT4, INT8, FLOAT4, FLOAT8)
# Kept as texts in one canonical spelling: equal or not, but in no order.
SPELLED = (NET4, IP6, MAC, JSON)
# Timestamps are epoch milliseconds, addresses unsigned numbers: both as Devo sends them in JSON.
STORED_AS = {
    STR: "VARCHAR",
    BOOL: "BOOLEAN",
    INT4: "INTEGER",
    INT8: "BIGINT",
    FLOAT4: "FLOAT",
    FLOAT8: "DOUBLE",
    TIMESTAMP: "BIGINT",
    IP4: "UINTEGER",
    # Beyond 128 bits there is no value.
    BIGINT: "HUGEINT",
    **dict.fromkeys(SPELLED, "VARCHAR"),
}
BY_NAME = {kind.name: kind for kind in STORED_AS}


def array_of(element: Type) -> Type:
    """Return the type of an array of ``element``."""
    return Type("array", element)


def stored_as(kind: Type) -> str:
    """Return DuckDB's type for a value of ``kind``."""
    if kind.name == "array" and kind.element is not None:
        return f"{stored_as(kind.element)}[]"
    return STORED_AS.get(kind, "BIGINT" if kind == DURATION else "VARCHAR")


def is_number(kind: Type) -> bool:
    """Tell whether arithmetic works on it."""
    return kind in WIDENING


def is_integer(kind: Type) -> bool:
    """Tell whether it is int4 or int8."""
    return kind in (INT4, INT8)


def widens(given: Type, wanted: Type) -> bool:
    """Tell whether a value of ``given`` may stand where ``wanted`` is asked."""
    if given in (wanted, NULL):
        return True
    if given in WIDENING and wanted in WIDENING:
        return WIDENING.index(given) <= WIDENING.index(wanted)
    return False


def common(kinds: Iterable[Type]) -> Type | None:
    """Return the one type that all widen to, None when there is none; only nulls give null."""
    result = NULL
    for kind in kinds:
        if widens(kind, result) and result != NULL:
            continue
        if not widens(result, kind):
            return None
        result = kind
    return result
