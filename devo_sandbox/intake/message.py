"""The messages of events to rows: a JSON object, CSV, or the text as it is."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from devo_sandbox.linq import types
from devo_sandbox.linq.types import Type
from devo_sandbox.tables import events
from devo_sandbox.tables.events import EVENTDATE
from devo_sandbox.tables.table_schema import Parser

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,19}")
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
TRUTH = {"true": True, "false": False}


class Event(NamedTuple):
    """An event on its way in."""

    host: str
    tag: str
    message: str


Row = list[Any]
Reader = Callable[[Event], Row]
BAD = (TypeError, ValueError, OverflowError, RecursionError, csv.Error)


def read(
    arrived: Sequence[Event], schema: Mapping[str, Type], parser: Parser, moment_ms: int
) -> tuple[pa.Table, list[Event]]:
    """Return the events as columns in the order of ``schema``, and those that are no rows of it.

    :param moment_ms: the eventdate of all of them.
    """
    reader = _reader(schema, parser)
    try:
        return _table([reader(event) for event in arrived], schema, moment_ms), []
    except BAD:
        # Only now does it matter which of them was bad.
        rows, bad = [], []
        for event in arrived:
            try:
                row = reader(event)
                _table([row], schema, moment_ms)
            except BAD:
                bad.append(event)
            else:
                rows.append(row)
        return _table(rows, schema, moment_ms), bad


def _table(rows: Sequence[Row], schema: Mapping[str, Type], moment_ms: int) -> pa.Table:
    values = iter([*zip(*rows, strict=True)] if rows else [()] * (len(schema) - 1))
    columns = [
        pa.array([moment_ms] * len(rows), pa.int64())
        if name == EVENTDATE
        else events.column([*next(values)], kind)
        for name, kind in schema.items()
    ]
    return pa.table(columns, names=[f"c{place}" for place in range(len(columns))])


def _reader(schema: Mapping[str, Type], parser: Parser) -> Reader:
    names = [name for name in schema if name != EVENTDATE]
    if parser == "message" or (parser == "auto" and "message" in schema):
        return lambda event: [_part(event, name) for name in names]
    known = schema.keys()
    from_text = [FROM_TEXT[schema[name]] for name in names]

    def from_json(event: Event) -> Row:
        values = json.loads(event.message)
        if not isinstance(values, dict) or not values.keys() <= known:
            raise ValueError("no object with these columns")
        return [values.get(name) for name in names]

    def from_csv(event: Event) -> Row:
        cells = _cells(event.message)
        return [read(cell) if cell else None for read, cell in zip(from_text, cells, strict=True)]

    if parser == "auto":
        return lambda event: from_json(event) if event.message.startswith("{") else from_csv(event)
    return from_json if parser == "json" else from_csv


def _part(event: Event, column: str) -> str | None:
    match column:
        case "message":
            return event.message
        case "hostname":
            return event.host
        case "tag":
            return event.tag
    return None


def _cells(text: str) -> list[str]:
    # Read one by one: a quote that is never closed must not swallow the next event.
    return next(csv.reader([text], strict=True)) if '"' in text else text.split(",")


def _whole_number(text: str) -> int:
    if not WHOLE_NUMBER.fullmatch(text):
        raise ValueError("no whole number")
    return int(text)


def _number(text: str) -> float:
    if not NUMBER.fullmatch(text):
        raise ValueError("no number")
    return float(text)


def _truth(text: str) -> bool:
    if text not in TRUTH:
        raise ValueError("neither true nor false")
    return TRUTH[text]


FROM_TEXT: Mapping[Type, Callable[[str], Any]] = {
    types.STR: str,
    types.BOOL: _truth,
    types.INT4: _whole_number,
    types.INT8: _whole_number,
    types.FLOAT4: _number,
    types.FLOAT8: _number,
    types.TIMESTAMP: _whole_number,
    types.IP4: str,
}
