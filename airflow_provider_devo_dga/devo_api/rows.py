"""Decode Devo's ``json/simple/compact`` stream into rows. Reads no socket: feed it bytes, then close it."""

from __future__ import annotations

from typing import Any

import orjson

from airflow_provider_devo_dga.devo_api.faults import is_launch_error, refuses_query, words_of
from airflow_provider_devo_dga.devo_api.wire import Column, Value
from airflow_provider_devo_dga.errors import (
    DevoError,
    DevoIncompleteError,
    DevoPermanentError,
    DevoQueryError,
    DevoResultError,
    DevoTransientError,
)
from airflow_provider_devo_dga.redaction import beginning, heard

_LONGEST_LINE = 64 * 1024 * 1024


class RowDecoder:
    """A state machine over the reply's bytes: metadata first, then rows, at any point an error.

    Keep-alive spaces are dropped. The stream has no end mark and no count, so ``close`` can tell a reply
    that was cut inside a line, and one that never began, but not one that was cut between two rows.

    :param query: the LINQ that was asked, kept with a ``DevoQueryError``.
    """

    def __init__(self, query: str | None = None) -> None:
        self.query = query
        self.columns: tuple[Column, ...] = ()
        self.rows_read = 0
        self._rest = b""

    def feed(self, chunk: bytes) -> list[list[Value]]:
        """Return the rows that ``chunk`` completes, each with its values in column order.

        :raises DevoIncompleteError: Devo reported an error in place of a row.
        :raises DevoResultError: a line that is not of this format, or of another shape than the columns.
        """
        data = self._rest + chunk
        end = data.rfind(b"\n") + 1
        lines, self._rest = data[:end], data[end:]
        if self._rest.isspace():
            self._rest = b""
        elif len(self._rest) > _LONGEST_LINE:
            raise _not_ours(self._rest)
        if self.columns and (block := self._block(lines)):
            self.rows_read += len(block)
            return block
        rows: list[list[Value]] = []
        # not splitlines(): U+2028 is legal inside a JSON string, and logs contain it
        for line in lines.split(b"\n"):
            if line and not line.isspace():
                self._take(line, rows)
        return rows

    def close(self) -> list[list[Value]]:
        """End the stream; return the last row when its line break is missing.

        :raises DevoIncompleteError: the reply was cut inside a line, or had no metadata at all.
        """
        rows: list[list[Value]] = []
        rest, self._rest = self._rest.strip(), b""
        if rest:
            try:
                orjson.loads(rest)
            except orjson.JSONDecodeError:
                if self.columns or rest.startswith(b"{"):
                    raise DevoIncompleteError(
                        f"Devo's answer was cut inside a row, after {self.rows_read} whole rows;"
                        " read the whole window again",
                        rows_read=self.rows_read,
                    ) from None
                raise _not_ours(rest) from None
            self._take(rest, rows)
        if not self.columns:
            raise DevoIncompleteError("Devo's answer was empty: not even its columns arrived; try again")
        return rows

    def _block(self, lines: bytes) -> list[list[Value]] | None:
        """Return the rows of lines that are all plain rows, None when some are not: those need a closer look.

        Each line is parsed by itself, so that nothing passes here which ``_take`` would refuse.
        """
        try:
            rows = [message["d"] for message in map(orjson.loads, lines.split(b"\n")[:-1])]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None
        of_this_shape = set(map(type, rows)) == {list} and set(map(len, rows)) == {len(self.columns)}
        return rows if of_this_shape else None

    def _take(self, line: bytes, rows: list[list[Value]]) -> None:
        try:
            message: Any = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise (self._unreadable(line) if self.columns else _not_ours(line)) from None
        if not isinstance(message, dict):
            raise _not_ours(line)
        if (values := message.get("d")) is not None and self.columns:
            rows.append(self._checked(values))
            self.rows_read += 1
        elif "e" in message:
            raise self._failed(message["e"])
        elif not self.columns:
            self.columns = _columns(message, line, self.query)
        else:
            raise self._unreadable(line)

    def _checked(self, values: Any) -> list[Value]:
        if not isinstance(values, list) or len(values) != len(self.columns):
            raise DevoResultError(
                f"Row {self.rows_read + 1} of Devo's answer does not have its {len(self.columns)} columns"
            )
        return values

    def _failed(self, error: Any) -> DevoError:
        code, text = (*error, None)[:2] if isinstance(error, list) and error else (None, str(error))
        refuses, text = is_launch_error(str(text)), heard(text)
        if self.columns:
            return DevoIncompleteError(
                f"Devo broke off the query after {self.rows_read} rows: {text}; read the whole window again",
                rows_read=self.rows_read,
                code=code,
            )
        if refuses:
            return DevoQueryError(f"Devo refused the query: {text}", query=self.query, code=code)
        return DevoTransientError(f"Devo could not begin the query: {text}", code=code)

    def _unreadable(self, line: bytes) -> DevoPermanentError:
        # not the line: what stands in a row is nobody's to read in a log
        return DevoResultError(
            f"Row {self.rows_read + 1} of Devo's answer, of {len(line)} bytes, is no row of JSON in UTF-8"
        )


def _columns(message: dict[str, Any], line: bytes, query: str | None) -> tuple[Column, ...]:
    columns = _listed(message.get("metadata")) or _indexed(message.get("m"))
    if columns is None:
        if {"error", "msg"} & message.keys():
            facts: dict[str, Any] = {"code": message.get("code"), "cid": message.get("cid")}
            said = heard(words_of(message))
            if refuses_query(message):
                raise DevoQueryError(f"Devo refused the query: {said}", query=query, **facts)
            raise DevoTransientError(f"Devo could not begin the query: {said}", **facts)
        raise _not_ours(line)
    names = [column.name for column in columns]
    if len(set(names)) != len(names):
        raise DevoResultError("Devo's answer has two columns of one name; give each its own alias")
    return columns


def _listed(metadata: Any) -> tuple[Column, ...] | None:
    """Return the columns of ``"metadata": [{"name": …, "type": …}]``, None when it is no such list."""
    try:
        return tuple(Column(str(item["name"]), str(item["type"])) for item in metadata)
    except (KeyError, TypeError):
        return None


def _indexed(columns: Any) -> tuple[Column, ...] | None:
    """Return the columns of ``"m": {name: {"type": …, "index": …}}`` by index, None when it is no such table.

    The examples of devo-sdk's documentation have this one only.
    """
    try:
        placed = {
            int(column["index"]): Column(str(name), str(column["type"])) for name, column in columns.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    whole = bool(placed) and len(placed) == len(columns) and sorted(placed) == list(range(len(placed)))
    return tuple(placed[index] for index in sorted(placed)) if whole else None


def _not_ours(line: bytes) -> DevoPermanentError:
    return DevoResultError(
        f"The server's answer is not Devo's row format; it begins {beginning(line)}."
        " Check the connection's host: this may be a proxy or a login page"
    )
