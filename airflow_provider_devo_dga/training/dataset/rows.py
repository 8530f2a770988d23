"""Batches of rows out of lists and Parquet files; what a reader of any form is."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.training.dataset.notation import Notation
from airflow_provider_devo_dga.training.dataset.text import Piece

if TYPE_CHECKING:
    import pyarrow as pa

FIELDS, BYTES = "another number of fields, or a stray quote", "bytes that are not UTF-8"
NOTATION = "not written like the other lines"

_BATCH = 100_000

Columns = list["pa.Array"]


class Bad(NamedTuple):
    """A row that cannot be read."""

    line: int
    reason: str
    text: str


class Batch(NamedTuple):
    """Some rows in the columns that were asked for, strings without nulls.

    :param line_of: the line, or number, of a row of this batch.
    """

    columns: Columns
    bad: Sequence[Bad]
    line_of: Callable[[int], int]


Job = Callable[[], Batch]
"""Reads some rows, in any thread."""


class Reader(Protocol):
    """One form of file, open.

    :param form: in words.
    :param header: names of the columns, empty ones where there is no header.
    :param sample: the first rows, column by column.
    """

    form: str
    header: Sequence[str]
    sample: Sequence[Sequence[str]]

    def batches(self, places: Sequence[int]) -> Iterator[Job]:
        """Yield jobs that read some rows each, with the columns at these places, in any thread."""
        ...


@dataclass
class ListReader:
    """A name a line, in one of the notations."""

    pieces: Iterable[Piece]
    form: str
    header: Sequence[str]
    sample: Sequence[Sequence[str]]
    notation: Notation
    skip: int = 0

    def batches(self, places: Sequence[int]) -> Iterator[Job]:
        for first, content in without_first(self.pieces, self.skip):
            yield partial(twice, self._batch, first, content, places)

    def _batch(self, first: int, content: bytes, places: Sequence[int]) -> Batch:
        import pyarrow.compute as pc

        lines = split_lines(content)
        rows = pc.invert(pc.match_substring_regex(lines, self.notation.comment))
        numbers, lines = pc.indices_nonzero(rows), lines.filter(rows)
        found = pc.extract_regex(lines, self.notation.pattern)
        known = found.is_valid()
        bad = [
            Bad(first + numbers[place].as_py(), NOTATION, lines[place].as_py())
            for place in pc.indices_nonzero(pc.invert(known)).to_pylist()
        ]
        hosts, numbers = found.field(0).filter(known), numbers.filter(known)
        if self.notation.several:
            words = pc.ascii_split_whitespace(hosts)
            hosts, numbers = words.flatten(), numbers.take(pc.list_parent_indices(words))
        return Batch([hosts for _ in places], bad, lambda row: first + numbers[row].as_py())


class ParquetReader:
    """Columns of a Parquet file; fields of a structure are columns, too."""

    form = "Parquet"

    def __init__(self, stream: BinaryIO) -> None:
        from pyarrow import parquet

        with _whole_file():
            self._file = parquet.ParquetFile(stream)
            first = next(self._file.iter_batches(batch_size=1000), None)
            table = self._table(first) if first is not None else None
        self.header: Sequence[str] = table.column_names if table is not None else []
        self.sample: Sequence[Sequence[str]] = (
            [column.to_pylist() for column in table.columns] if table is not None else []
        )

    def batches(self, places: Sequence[int]) -> Iterator[Job]:
        names = [self.header[place] for place in places]
        roots = sorted({self._root(name) for name in names})
        start = 1
        with _whole_file():
            batches = self._file.iter_batches(batch_size=_BATCH, columns=roots)
        while True:
            # not around the yield: what the reader of the batches meets is no damage
            with _whole_file():
                batch = next(batches, None)
            if batch is None:
                return
            yield partial(self._batch, start, batch, names)
            start += batch.num_rows

    def _batch(self, start: int, batch: Any, names: Sequence[str]) -> Batch:
        table = self._table(batch)
        if lost := [name for name in names if name not in table.column_names]:
            raise DatasetError(
                f"The column {lost[0]!r} holds bytes that are no UTF-8, in row {start:,} or within"
                f" {batch.num_rows:,} behind it: write it as text"
            )
        columns = [whole_array(table.column(name)) for name in names]
        return Batch(columns, [], partial(operator.add, start))

    def _root(self, name: str) -> str:
        names = self._file.schema_arrow.names
        return name if name in names else name.split(".", maxsplit=1)[0]

    @staticmethod
    def _table(batch: Any) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        table = pa.Table.from_batches([batch])
        while any(pa.types.is_struct(kind) for kind in table.schema.types):
            table = table.flatten()
        columns = {}
        for field in table.schema:
            if pa.types.is_nested(field.type):
                continue
            # hashes and other bytes that are no text are no names either
            with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
                columns[field.name] = pc.fill_null(table.column(field.name).cast(pa.string()), "")
        return pa.table(columns)


@contextmanager
def _whole_file() -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        why = " ".join(str(error).split())[:120]
        raise DatasetError(f"The Parquet file is damaged or cut off: {why}. Write it again") from error


def without_first(pieces: Iterable[Piece], skip: int) -> Iterator[Piece]:
    """Yield the pieces without so many of their first lines."""
    for first, content in pieces:
        at = 0
        while skip and at < len(content):
            at, skip, first = content.index(b"\n", at) + 1, skip - 1, first + 1  # noqa: PLW2901
        if at < len(content):
            yield Piece(first, content[at:])


def twice(
    batch: Callable[[int, bytes, Sequence[int]], Batch], first: int, content: bytes, places: Sequence[int]
) -> Batch:
    """Return a batch; where there are bytes that are no text, without their lines."""
    import pyarrow as pa

    try:
        return batch(first, content, places)
    except pa.ArrowInvalid:
        lines, bad = content.split(b"\n"), []
        for place, line in enumerate(lines):
            try:
                line.decode()
            except UnicodeDecodeError:
                bad.append(Bad(first + place, BYTES, line.decode("utf-8", "replace")))
                lines[place] = b""
        if not bad:
            raise
        found = batch(first, b"\n".join(lines), places)
        return found._replace(bad=[*bad, *found.bad])


def split_lines(content: bytes) -> pa.Array:
    """Return the lines of a piece; raises ``ArrowInvalid`` for bytes that are not UTF-8."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pa.array([content.removesuffix(b"\n")], pa.binary()).cast(pa.string())
    return pc.split_pattern(text, "\n").flatten()


def joined(lines: pa.Array) -> bytes:
    """Return lines as a piece again, without the last line feed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    joined = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "\n")[0]
    return bytes(joined.as_buffer()) if len(lines) else b""


def whole_array(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array."""
    import pyarrow as pa

    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
