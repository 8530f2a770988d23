"""The formats that are sent only once all rows are there: msgpack, and the xlsx that Devo calls xls.

They have no keep-alive, so they refuse a window that is not over. What fails on the way is still refused,
for nothing was sent yet: how Devo does that is not documented.
"""

from __future__ import annotations

import tempfile
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgpack
import xlsxwriter

from devo_sandbox import wire_errors
from devo_sandbox.envelope import envelope
from devo_sandbox.linq import types
from devo_sandbox.linq.to_duckdb import Column
from devo_sandbox.queries.wire_formats import Rows, Writer, value_of
from devo_sandbox.tables import zones

PIECE = 65_536
IN_MEMORY = 1_048_576


class Whole(Writer):
    """Keeps the rows in a temporary file until they are all there."""

    name: ClassVar[str]

    @abstractmethod
    def add(self, rows: Rows) -> None:
        """Take in some rows. Blocks."""

    @abstractmethod
    def content(self) -> Iterator[bytes]:
        """Return the finished answer in pieces. Blocks."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the temporary file."""

    def head(self) -> bytes:
        """Return nothing: it all comes at the end."""
        return b""

    def rows(self, rows: Rows) -> bytes:
        """Return nothing, as ``head``."""
        self.add(rows)
        return b""

    def failure(self, code: int, text: str) -> bytes:
        """Return nothing: there is no place for a failure in a binary document."""
        del code, text
        return b""


class MsgPack(Whole):
    """The document of ``json`` as one map of msgpack."""

    name = "msgpack"
    media_type = "application/x-msgpack"

    def __init__(self, columns: Sequence[Column], **settings: Any) -> None:
        super().__init__(columns, **settings)
        self._packer = msgpack.Packer()
        self._names = [column.name for column in columns]
        self._count = 0
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by close

    def selected(self) -> str:
        return ", ".join(value_of(column.id, column.type, self.ip_as_text) for column in self.columns)

    def add(self, rows: Rows) -> None:
        pack = self._packer.pack
        self._file.write(b"".join([pack(dict(zip(self._names, row, strict=True))) for row in rows]))
        self._count += len(rows)

    def content(self) -> Iterator[bytes]:
        fields = envelope(None)
        del fields["object"]
        packer = self._packer
        yield packer.pack_map_header(len(fields) + 1)
        yield b"".join(packer.pack(key) + packer.pack(value) for key, value in fields.items())
        yield packer.pack("object") + packer.pack_array_header(self._count)
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece

    def close(self) -> None:
        self._file.close()


class Xls(Whole):
    """One sheet with a header; timestamps are text, numbers are numbers."""

    name = "xls"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    # What a sheet holds below its header, and a cell: a spreadsheet would cut the rest off.
    most_rows: ClassVar[int] = 1_048_575
    longest_text: ClassVar[int] = 32_767

    def __init__(self, columns: Sequence[Column], **settings: Any) -> None:
        super().__init__(columns, **settings)
        self._directory = tempfile.TemporaryDirectory(prefix="devo-sandbox-xls-")
        self._path = Path(self._directory.name) / "answer.xlsx"
        options = {"constant_memory": True, "tmpdir": self._directory.name}
        self._book = xlsxwriter.Workbook(str(self._path), options)
        self._sheet = self._book.add_worksheet()
        self._next = 0
        self._write([column.name for column in columns])

    def selected(self) -> str:
        return ", ".join(self._cell(column) for column in self.columns)

    def add(self, rows: Rows) -> None:
        if self._next + len(rows) > self.most_rows + 1:
            raise wire_errors.bad_parameters(f"xls holds at most {self.most_rows} rows")
        for row in rows:
            self._write(row)

    def content(self) -> Iterator[bytes]:
        self._book.close()
        with self._path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def close(self) -> None:
        self._directory.cleanup()

    def _cell(self, column: Column) -> str:
        if column.type == types.TIMESTAMP:
            return zones.timestamp_text(column.id, self.zone)
        value = value_of(column.id, column.type, self.ip_as_text)
        return value if column.type.element is None else f"CAST(to_json({value}) AS VARCHAR)"

    def _write(self, values: Sequence[Any]) -> None:
        sheet, row = self._sheet, self._next
        for place, value in enumerate(values):
            if isinstance(value, str):
                if len(value) > self.longest_text:
                    raise wire_errors.bad_parameters(f"An xls cell holds {self.longest_text} characters")
                # Never write(): it would make a formula of "=1+1".
                sheet.write_string(row, place, value)
            elif isinstance(value, bool):
                sheet.write_boolean(row, place, value)
            elif value is not None:
                sheet.write_number(row, place, value)
        self._next += 1
