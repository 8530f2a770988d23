"""Lines of NDJSON to checked columns: one object a row, values as Devo's types, no unknown key."""

from __future__ import annotations

import ipaddress
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import NoneType
from typing import Any

import pyarrow as pa

from devo_sandbox.linq import types
from devo_sandbox.linq.functions.spellings import CANONICAL
from devo_sandbox.linq.types import Type

BATCH = 20_000
EVENTDATE = "eventdate"
ARROW: Mapping[Type, pa.DataType] = {
    types.STR: pa.string(),
    types.BOOL: pa.bool_(),
    types.INT4: pa.int32(),
    types.INT8: pa.int64(),
    types.FLOAT4: pa.float32(),
    types.FLOAT8: pa.float64(),
    types.TIMESTAMP: pa.int64(),
    types.IP4: pa.uint32(),
    types.BIGINT: pa.decimal128(38),
    **dict.fromkeys(types.SPELLED, pa.string()),
}


class BadEventError(ValueError):
    """A line that is no event of the table; the message names its number."""


def read(lines: Iterable[bytes], schema: Mapping[str, Type]) -> list[pa.Table]:
    """Return the events of ``lines`` in batches, columns in the order of ``schema``.

    :raises BadEventError: with the number of the first bad line; nothing is returned then.
    """
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    tables = []
    while batch := list(itertools.islice(numbered, BATCH)):
        tables.append(_table(batch, schema))
    return tables


def _table(batch: Sequence[tuple[int, bytes]], schema: Mapping[str, Type]) -> pa.Table:
    try:
        events = _parsed([line for _, line in batch], schema)
        columns = [column([event.get(name) for event in events], kind) for name, kind in schema.items()]
        return pa.table(columns, names=[f"c{place}" for place in range(len(columns))])
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        # Whole columns are checked fast; only now does it matter which line was bad.
        for number, line in batch:
            _table_of_one(number, line, schema)
        raise BadEventError(f"lines {batch[0][0]} to {batch[-1][0]}: {error}") from error


def _table_of_one(number: int, line: bytes, schema: Mapping[str, Type]) -> None:
    try:
        (event,) = _parsed([line], schema)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadEventError(f"line {number}: {error}") from error
    for name, kind in schema.items():
        value = event.get(name)
        try:
            column([value], kind)
        except (TypeError, ValueError, OverflowError) as error:
            raise BadEventError(f"line {number}: {name}: {value!r} is no {kind}") from error


def _parsed(lines: Sequence[bytes], schema: Mapping[str, Type]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(b"[" + b",".join(lines) + b"]")
    if len(events) != len(lines):
        raise ValueError("not one object a line")
    known = schema.keys()
    for event in events:
        if not isinstance(event, dict):
            raise TypeError("not an object")
        if not event.keys() <= known:
            unknown = min(event.keys() - known)
            raise ValueError(f"unknown column {unknown!r}; there are {', '.join(sorted(known))}")
        if event.get(EVENTDATE) is None:
            raise ValueError("eventdate is missing")
    return events


def column(values: list[Any], kind: Type) -> pa.Array:
    """Return values as a column.

    :raises ValueError: or TypeError, OverflowError, when one is no value of this type.
    """
    if not set(map(type, values)) <= GIVEN_AS[kind]:
        raise TypeError("a value of another type")
    if kind == types.TIMESTAMP and not all(value is None or 0 <= value < 2**53 for value in values):
        raise ValueError("no epoch milliseconds")
    if kind == types.IP4:
        values = [None if value is None else _address(value) for value in values]
    if spelled := CANONICAL.get(kind):
        values = [None if value is None else spelled(value) for value in values]
    return pa.array(values, ARROW[kind])


@lru_cache(maxsize=100_000)
def _address(value: str | int) -> int:
    return int(ipaddress.IPv4Address(value))


GIVEN_AS: Mapping[Type, set[type]] = {
    types.STR: {str, NoneType},
    types.BOOL: {bool, NoneType},
    types.INT4: {int, NoneType},
    types.INT8: {int, NoneType},
    types.FLOAT4: {int, float, NoneType},
    types.FLOAT8: {int, float, NoneType},
    types.TIMESTAMP: {int, NoneType},
    types.IP4: {str, int, NoneType},
    types.BIGINT: {int, NoneType},
    **{kind: {str, NoneType} for kind in types.SPELLED},
}
