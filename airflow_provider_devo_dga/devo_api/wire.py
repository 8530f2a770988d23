"""Requests, columns and values as they travel. Nothing here opens a socket."""

from __future__ import annotations

from dataclasses import dataclass, field

Value = str | int | float | bool | list["Value"] | None
"""A decoded JSON value: timestamps are epoch milliseconds, addresses are text."""

Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Column:
    """A result column with Devo's own type name, e.g. ``timestamp``, ``int8``, ``str``."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, ready to send. Headers hold credentials and stay out of its repr."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that arrived together, as lists of values in the order of their columns."""

    columns: tuple[Column, ...]
    rows: list[list[Value]]

    def dicts(self) -> list[Row]:
        """Return the rows by the names of their columns."""
        names = [column.name for column in self.columns]
        # the decoder has compared the lengths
        return [dict(zip(names, row, strict=False)) for row in self.rows]
