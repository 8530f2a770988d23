"""Batches of rows out of each form of file: tables, lists, JSON lines, Parquet."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

from airflow_provider_devo_dga.training.dataset.notation import Notation
from airflow_provider_devo_dga.training.dataset.text import Piece

if TYPE_CHECKING:
    import pyarrow as pa

BLANKS = " "
"""Separator that stands for any run of blanks and tabs."""

FIELDS, BYTES = "another number of fields, or a stray quote", "bytes that are not UTF-8"
NOTATION, JSON = "not written like the other lines", "no JSON object"

_COMMENT = r"^\s*(?:#|//|$)"
# no alternative at its start: that would take twenty times as long
_MAYBE_COMMENT = re.compile(rb"\n[#/\s]")
_UNIT = "\x1f"  # a separator that no text has
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


class Reader(Protocol):
    """One form of file, open.

    :param form: in words.
    :param header: names of the columns, empty ones where there is no header.
    :param sample: the first rows, column by column.
    """

    form: str
    header: Sequence[str]
    sample: Sequence[Sequence[str]]

    def batches(self, places: Sequence[int]) -> Iterator[Callable[[], Batch]]:
        """Yield jobs that read some rows each, with the columns at these places, in any thread."""
        ...


@dataclass
class TableReader:
    """Rows of fields between separators. A row is a line: a quoted field never runs over its end.

    :param skip: lines before the first row.
    :param padded: blanks stand between separators and quotes.
    """

    pieces: Iterable[Piece]
    form: str
    header: Sequence[str]
    sample: Sequence[Sequence[str]]
    separator: str
    skip: int
    padded: bool = False

    def batches(self, places: Sequence[int]) -> Iterator[Callable[[], Batch]]:
        for first, content in _without_first(self.pieces, self.skip):
            yield partial(_twice, self._batch, first, content, places)

    def _batch(self, first: int, content: bytes, places: Sequence[int]) -> Batch:
        import pyarrow.compute as pc

        numbers, bad = None, []
        quoted = b'"' in content
        commented = content[:1] in b"#/ \t\n" or _MAYBE_COMMENT.search(content)
        if quoted or commented or self.separator == BLANKS:
            lines = _lines(content)
            wanted = pc.invert(pc.match_substring_regex(lines, _COMMENT))
            if quoted and self.separator != BLANKS:
                if self.padded:
                    lines = pc.replace_substring_regex(
                        lines, rf"{_literal(self.separator)}[ \t]+\"", f'{self.separator}"'
                    )
                whole = pc.or_(pc.match_substring_regex(lines, _whole(self.separator)), pc.invert(wanted))
                bad = [
                    Bad(first + place, FIELDS, lines[place].as_py())
                    for place in pc.indices_nonzero(pc.invert(whole)).to_pylist()
                ]
                wanted = pc.and_(wanted, whole)
            numbers = pc.indices_nonzero(wanted)
            lines = lines.filter(wanted)
            if self.separator == BLANKS:
                lines = pc.replace_substring_regex(pc.ascii_trim_whitespace(lines), r"[ \t]+", _UNIT)
            content = _joined(lines)
        columns, ragged = self._parsed(content, places, quoted=quoted)

        def line_at(place: int) -> int:
            return first + (place if numbers is None else numbers[place].as_py())

        def line_of(row: int) -> int:
            for place, _ in ragged:
                row += place <= row
            return line_at(row)

        return Batch(columns, [*bad, *(Bad(line_at(at), FIELDS, text) for at, text in ragged)], line_of)

    def _parsed(
        self, content: bytes, places: Sequence[int], *, quoted: bool
    ) -> tuple[Columns, list[tuple[int, str]]]:
        import pyarrow as pa
        from pyarrow import csv

        ragged: list[tuple[int, str]] = []

        def note(row: Any) -> str:
            ragged.append((row.number - 1, row.text))
            return "skip"

        if not content:
            return [pa.array([], pa.string()) for _ in places], []
        names = [str(place) for place in range(len(self.header))]
        table = csv.read_csv(
            pa.py_buffer(content),
            csv.ReadOptions(use_threads=False, column_names=names, block_size=len(content) + 1),
            csv.ParseOptions(
                delimiter=_UNIT if self.separator == BLANKS else self.separator,
                quote_char='"' if quoted and self.separator != BLANKS else False,
                invalid_row_handler=note,
            ),
            csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                include_columns=sorted({names[place] for place in places}),
            ),
        )
        return [_whole_array(table.column(names[place])) for place in places], ragged


@dataclass
class ListReader:
    """A name a line, in one of the notations."""

    pieces: Iterable[Piece]
    form: str
    header: Sequence[str]
    sample: Sequence[Sequence[str]]
    notation: Notation
    skip: int = 0

    def batches(self, places: Sequence[int]) -> Iterator[Callable[[], Batch]]:
        for first, content in _without_first(self.pieces, self.skip):
            yield partial(_twice, self._batch, first, content, places)

    def _batch(self, first: int, content: bytes, places: Sequence[int]) -> Batch:
        import pyarrow.compute as pc

        lines = _lines(content)
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


@dataclass
class JsonReader:
    """An object a line; a column is named by its path, ``dns.question.name``."""

    pieces: Iterable[Piece]
    form: str
    header: Sequence[str]
    sample: Sequence[Sequence[str]]

    def batches(self, places: Sequence[int]) -> Iterator[Callable[[], Batch]]:
        paths = [self.header[place] for place in places]
        for first, content in self.pieces:
            yield partial(self._batch, first, content, paths)

    @staticmethod
    def _batch(first: int, content: bytes, paths: Sequence[str]) -> Batch:
        import pyarrow as pa

        rows, lines, bad = [], [], []
        for line, raw in enumerate(content.split(b"\n"), start=first):
            if raw.strip():
                if (found := json_row(raw)) is None:
                    bad.append(Bad(line, JSON, raw.decode("utf-8", "replace")))
                else:
                    rows.append(found)
                    lines.append(line)
        columns = [pa.array([row.get(path, "") for row in rows], pa.string()) for path in paths]
        return Batch(columns, bad, lines.__getitem__)


def json_row(raw: bytes) -> dict[str, str] | None:
    """Return the fields of one object by their paths as text, None when it is none."""
    import orjson

    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return dict(_flat(found, "")) if isinstance(found, dict) else None


def _flat(found: dict[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        match value:
            case dict():
                yield from _flat(value, f"{before}{name}.")
            case None | list():
                yield f"{before}{name}", ""
            case bool():
                yield f"{before}{name}", str(value).lower()
            case _:
                yield f"{before}{name}", str(value)


class ParquetReader:
    """Columns of a Parquet file; fields of a structure are columns, too."""

    form = "Parquet"

    def __init__(self, stream: BinaryIO) -> None:
        from pyarrow import parquet

        self._file = parquet.ParquetFile(stream)
        first = next(self._file.iter_batches(batch_size=1000), None)
        table = self._table(first) if first is not None else None
        self.header: Sequence[str] = table.column_names if table is not None else []
        self.sample: Sequence[Sequence[str]] = (
            [column.to_pylist() for column in table.columns] if table is not None else []
        )

    def batches(self, places: Sequence[int]) -> Iterator[Callable[[], Batch]]:
        names = [self.header[place] for place in places]
        roots = sorted({self._root(name) for name in names})
        start = 1
        for batch in self._file.iter_batches(batch_size=_BATCH, columns=roots):
            yield partial(self._batch, start, batch, names)
            start += batch.num_rows

    def _batch(self, start: int, batch: Any, names: Sequence[str]) -> Batch:
        table = self._table(batch)
        columns = [_whole_array(table.column(name)) for name in names]
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
        kept = [
            name
            for name, kind in zip(table.column_names, table.schema.types, strict=True)
            if not pa.types.is_nested(kind)
        ]
        columns = [pc.fill_null(table.column(name).cast(pa.string()), "") for name in kept]
        return pa.table(dict(zip(kept, columns, strict=True)))


def _without_first(pieces: Iterable[Piece], skip: int) -> Iterator[Piece]:
    for first, content in pieces:
        at = 0
        while skip and at < len(content):
            at, skip, first = content.index(b"\n", at) + 1, skip - 1, first + 1  # noqa: PLW2901
        if at < len(content):
            yield Piece(first, content[at:])


def _twice(
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


def _lines(content: bytes) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pa.array([content.removesuffix(b"\n")], pa.binary()).cast(pa.string())
    return pc.split_pattern(text, "\n").flatten()


def _joined(lines: pa.Array) -> bytes:
    import pyarrow as pa
    import pyarrow.compute as pc

    joined = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "\n")[0]
    return bytes(joined.as_buffer()) if len(lines) else b""


def _whole_array(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def _literal(separator: str) -> str:
    return rf"\x{ord(separator):02x}"


def _whole(separator: str) -> str:
    """Return a pattern of lines whose quotes all open and close in their own field."""
    other, one = f"[^{_literal(separator)}]", _literal(separator)
    field = rf"(?:\"(?:[^\"]|\"\")*\"|(?:[^\"{one}]{other}*)?)"
    return f"^{field}(?:{one}{field})*$"
