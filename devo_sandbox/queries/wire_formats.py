"""The bytes of an answer in each of Devo's formats. DuckDB itself renders the JSON of a row."""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, ClassVar

from devo_sandbox.envelope import envelope
from devo_sandbox.linq import sql, types
from devo_sandbox.linq.functions.value import IP4_TEXT
from devo_sandbox.linq.to_duckdb import Column
from devo_sandbox.tables import zones

Rows = Sequence[tuple[Any, ...]]


class Writer(ABC):
    """Writes one answer, from its head to its tail or its failure.

    :param columns: the columns of the answer.
    :param ip_as_text: dotted addresses rather than numbers.
    :param keep_alive: what to send while nothing else is ready.
    :param zone: where timestamps that are written as text are shown.
    """

    media_type: ClassVar[str] = "application/json"

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        ip_as_text: bool = False,
        keep_alive: Mapping[str, Any] | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        self.columns = columns
        self.ip_as_text = ip_as_text
        self.zone = zone
        self.keep_alive = self._keep_alive(keep_alive or {})

    @abstractmethod
    def selected(self) -> str:
        """Return what to select from the columns so that ``rows`` can write it."""

    @abstractmethod
    def head(self) -> bytes:
        """Return what comes before any row."""

    @abstractmethod
    def rows(self, rows: Rows) -> bytes:
        """Return some rows, never none."""

    def tail(self) -> bytes:
        """Return what comes after the last row."""
        return b""

    @abstractmethod
    def failure(self, code: int, text: str) -> bytes:
        """Return what comes in place of the rest, when the query fails on the way."""

    def close(self) -> None:
        """Let go of what the answer holds, if it will not be sent."""
        return

    def _keep_alive(self, asked: Mapping[str, Any]) -> bytes:
        del asked  # Only csv and tsv let the client choose.
        return b"    "


class _JsonLines(Writer):
    def rows(self, rows: Rows) -> bytes:
        return "".join([f"{row[0]}\r\n" for row in rows]).encode()


class JsonSimple(_JsonLines):
    """One object a line, nothing else."""

    def selected(self) -> str:
        return _object(self.columns, self.ip_as_text)

    def head(self) -> bytes:
        return b""

    def failure(self, code: int, text: str) -> bytes:
        return _dumped(["error", code, text]) + b"\r\n"


class JsonSimpleCompact(_JsonLines):
    """One line of metadata, then one array a line."""

    def selected(self) -> str:
        return f"'{{\"d\":' || {_array(self.columns, self.ip_as_text)} || '}}'"

    def head(self) -> bytes:
        return _dumped(_metadata(self.columns)) + b"\r\n"

    def failure(self, code: int, text: str) -> bytes:
        return _dumped({"e": [code, text]}) + b"\r\n"


class Json(Writer):
    """One document with all rows as objects."""

    opening: ClassVar[bytes] = b"["
    closing: ClassVar[bytes] = b"]"
    failed: ClassVar[str] = "error"

    def __init__(self, columns: Sequence[Column], **settings: Any) -> None:
        super().__init__(columns, **settings)
        self._separator = ""

    def selected(self) -> str:
        return _object(self.columns, self.ip_as_text)

    def head(self) -> bytes:
        return _dumped(envelope(None))[: -len("null}")] + self.opening

    def rows(self, rows: Rows) -> bytes:
        text = self._separator + ",".join([row[0] for row in rows])
        self._separator = ","
        return text.encode()

    def tail(self) -> bytes:
        return self.closing + b"}"

    def failure(self, code: int, text: str) -> bytes:
        # The space after the colon is Devo's: the official client looks for it.
        return self.closing + f',"{self.failed}": '.encode() + _dumped([code, text]) + b"}"


class JsonCompact(Json):
    """One document with metadata and all rows as arrays."""

    closing: ClassVar[bytes] = b"]}"
    failed: ClassVar[str] = "e"

    def selected(self) -> str:
        return _array(self.columns, self.ip_as_text)

    def head(self) -> bytes:
        return super().head()[:-1] + _dumped(_metadata(self.columns))[:-1] + b',"d":['


class Csv(Writer):
    """A header and rows, separated by commas; null is empty."""

    media_type: ClassVar[str] = "text/csv"
    separator: ClassVar[str] = ","

    def selected(self) -> str:
        return ", ".join(text_of(column, self.ip_as_text, self.zone) for column in self.columns)

    def head(self) -> bytes:
        return self.rows([tuple(column.name for column in self.columns)])

    def rows(self, rows: Rows) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=self.separator, lineterminator="\n").writerows(rows)
        return text.getvalue().encode()

    def failure(self, code: int, text: str) -> bytes:
        return self.rows([("devo.api.error", code, text)])

    def _keep_alive(self, asked: Mapping[str, Any]) -> bytes:
        if asked.get("type") == "empty":
            return (self.separator * (len(self.columns) - 1) + "\n").encode()
        return str(asked.get("token", "\n")).encode()


class Tsv(Csv):
    """As csv, separated by tabs."""

    media_type: ClassVar[str] = "text/tab-separated-values"
    separator: ClassVar[str] = "\t"


def _metadata(columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "m": {column.name: {"type": str(column.type), "index": at} for at, column in enumerate(columns)},
        "metadata": [{"name": column.name, "type": str(column.type)} for column in columns],
    }


def _dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _object(columns: Sequence[Column], ip_as_text: bool) -> str:
    pairs = (
        f"{sql.quoted(column.name)}, {value_of(column.id, column.type, ip_as_text)}" for column in columns
    )
    return f"CAST(json_object({', '.join(pairs)}) AS VARCHAR)"


def _array(columns: Sequence[Column], ip_as_text: bool) -> str:
    values = ", ".join(value_of(column.id, column.type, ip_as_text) for column in columns)
    return f"CAST(json_array({values}) AS VARCHAR)"


def value_of(value: str, kind: types.Type, ip_as_text: bool) -> str:
    """Return SQL for a value as JSON has it: no infinity, an address as asked."""
    if kind.element is not None:
        return f"list_transform({value}, lambda x: {value_of('x', kind.element, ip_as_text)})"
    if kind == types.FLOAT8:
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    if kind == types.FLOAT4:
        # By way of its own shortest text: 0.1 stays 0.1.
        return f"CASE WHEN isfinite({value}) THEN CAST(CAST({value} AS VARCHAR) AS DOUBLE) END"
    if kind == types.IP4 and ip_as_text:
        return IP4_TEXT.format(value)
    return value


def text_of(column: Column, ip_as_text: bool, zone: tzinfo) -> str:
    """Return SQL for the text of a column's value."""
    if column.type == types.TIMESTAMP:
        return zones.timestamp_text(column.id, zone)
    value = value_of(column.id, column.type, ip_as_text)
    return f"CAST({value if column.type.element is None else f'to_json({value})'} AS VARCHAR)"
