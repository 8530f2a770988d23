"""What form a file has: found in its first megabyte."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO, NamedTuple

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.training.dataset import words
from airflow_provider_devo_dga.training.dataset.json_rows import ArrayReader, JsonReader, json_row
from airflow_provider_devo_dga.training.dataset.names import clean, like_names
from airflow_provider_devo_dga.training.dataset.notation import NAMES, NAMES_FIRST, NOTATIONS, Notation
from airflow_provider_devo_dga.training.dataset.rows import (
    ListReader,
    ParquetReader,
    Reader,
)
from airflow_provider_devo_dga.training.dataset.table import BEHIND, BLANKS, COMMENT, TableReader
from airflow_provider_devo_dga.training.dataset.text import Piece, Text

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANKS: "blanks"}
_SAMPLE_ROWS = 1000
_HALF, _MOST = 0.5, 0.9
_COMMENT = re.compile(COMMENT)
# a filter list begins with "[Adblock Plus]", and sections of other files have names, too
_ARRAY = re.compile(rb'\s*\[\s*[{"\[\]]')
_SEP = re.compile(r"""^["']?sep=(.)["']?\s*$""", re.IGNORECASE)
_OTHERS = (
    (rb"(?i)\s*<(?:!doctype|html|\?xml|head|body)", "a page of HTML or XML: does the address need a login?"),
    (rb"%PDF", "a PDF"),
    (rb"\xd0\xcf\x11\xe0", "an old Excel workbook: save it as CSV (UTF-8)"),
    (rb"SQLite format 3\0", "an SQLite database: export the table as CSV"),
    (rb"\x80[\x02-\x05]", "a pickle of Python, which is never opened: write it as Parquet or CSV"),
    (rb"(?s).{257}ustar", "a tar archive: unpack it and give the folder"),
    (rb"(?i)(?:\s*%[^\n]*\n|\s*\n)*\s*@relation\b", "an ARFF file: save it as CSV"),
    (rb"7z\xbc\xaf\x27\x1c|Rar!", "an archive that is not read here: unpack it"),
)


class Sample(NamedTuple):
    """The first lines that are rows.

    :param numbers: of the lines, from 0.
    :param comment: the last comment before them.
    """

    lines: list[str]
    numbers: list[int]
    comment: str


def reader_of(stream: BinaryIO) -> Reader:
    """Return what reads a stream, by the form that its beginning shows.

    :param stream: decompressed bytes.
    :raises DatasetError: nothing in it, or a form that cannot be read; says what to do.
    """
    text = Text(stream)
    for beginning, kind in _OTHERS:
        if re.match(beginning, text.head):
            raise DatasetError(f"This is {kind}")
    if text.head.startswith(b"PAR1"):
        if not stream.seekable():
            raise DatasetError("This is Parquet within another compression: decompress it; it has its own")
        stream.seek(0)
        return ParquetReader(stream)
    if _ARRAY.match(text.beginning()):
        return _in(text, ArrayReader(text))
    pieces = text.pieces()
    first = next(pieces, Piece(1, b""))
    whole = chain([first], pieces)
    content = first.content.decode("utf-8", "replace")
    if content.count("\0"):
        raise DatasetError("This is no text")
    sample = _sample(content)
    if not sample.lines:
        raise DatasetError("The dataset is empty: no line of it is a row")
    found = _json(sample, whole) or _separated(content, whole) or _listed(content, sample, whole)
    return _in(text, found)


def _in(text: Text, found: Reader) -> Reader:
    if text.encoding != "utf-8":
        found.form += f", {text.encoding.upper()}"
    return found


def _sample(content: str, comment: re.Pattern[str] = _COMMENT) -> Sample:
    lines, numbers, before = [], [], ""
    for number, line in enumerate(content.split("\n")):
        if not comment.search(line):
            lines.append(line)
            numbers.append(number)
        elif not lines and line.strip():
            before = line.strip().lstrip("#/; ")
        if len(lines) > _SAMPLE_ROWS:
            break
    return Sample(lines, numbers, before)


def _json(sample: Sample, pieces: Iterator[Piece]) -> Reader | None:
    start = sample.lines[0].lstrip()
    if start[:1] == "{":
        if len(sample.lines) == 1:
            raise DatasetError(
                "This is one JSON object: make a line of each row in it, jq -c '.rows[]' FILE for instance"
            )
        rows = [row for line in sample.lines if (row := json_row(line.encode())) is not None]
        if len(rows) < len(sample.lines) / 2:
            raise DatasetError(
                "This is JSON over several lines: make a line of each object, jq -c '.[]' FILE"
            )
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = [[row.get(name, "") for row in rows] for name in names]
        return JsonReader(pieces, "JSON lines", names, columns)
    return None


# Tables


def _separated(content: str, pieces: Iterator[Piece]) -> Reader | None:
    """Return a reader of fields between separators, None when there are none."""
    told = _SEP.match(content.split("\n", 1)[0])
    skip = 1 if told else 0
    sample = _sample(content.split("\n", 1)[1]) if told else _sample(content)
    tried = [told[1]] if told else list(_SEPARATORS)
    if len(sample.lines) == 1 and any(_is_header(sample.lines[0], separator) for separator in tried):
        raise DatasetError("The dataset has a header and no rows")
    tables = [table for separator in tried if (table := _table(sample, separator))]
    # dates hold blanks: these separate where nothing else does
    tables = [table for table in tables if table.separator != BLANKS] or tables
    if not tables or (not told and _is_listed(content)):
        return None
    table = max(tables, key=lambda found: (round(found.share, 2), len(found.rows[0])))
    header, lines = _header(table, sample)
    rows = table.rows[lines:]
    named = [name.strip() for name in header] if header else [""] * len(table.rows[0])
    name = _SEPARATORS.get(table.separator, repr(table.separator))
    return TableReader(
        pieces,
        f"{len(named)} columns between {name}, {'with' if header else 'without'} a header",
        named,
        [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in named],
        table.separator,
        skip + (sample.numbers[0] + 1 if lines else 0),
        table.padded,
    )


class _Table(NamedTuple):
    separator: str
    rows: list[list[str]]
    share: float
    padded: bool


def _table(sample: Sample, separator: str) -> _Table | None:
    """Return the rows of lines that have the same number of fields, when nearly all have."""
    fields = [_fields(line, separator) for line in sample.lines]
    width, _ = Counter(len(row) for row in fields if row).most_common(1)[0] if any(fields) else (0, 0)
    rows = [row for row in fields if row and len(row) == width]
    share = len(rows) / len(fields)
    if (
        width < 2
        or share < (_MOST if separator == BLANKS else _HALF)
        or not (
            any(_names(column[1:] or column) for column in _turned(rows))
            or _is_header(sample.lines[0], separator)
        )
    ):
        return None
    padded = any(re.search(rf"{re.escape(separator)}[ \t]+\"", line) for line in sample.lines)
    return _Table(separator, rows, share, padded and separator != BLANKS)


def _fields(line: str, separator: str) -> list[str] | None:
    if separator == BLANKS:
        return re.sub(BEHIND, "", line).split()
    try:
        return next(csv.reader([line], delimiter=separator, strict=True, skipinitialspace='"' in line))
    except (csv.Error, StopIteration):
        return None


def _header(table: _Table, sample: Sample) -> tuple[Sequence[str], int]:
    """Return the names of the columns, and how many rows they take: none when a comment holds them."""
    first, rest = table.rows[0], table.rows[1:] or table.rows
    hosts = [place for place, column in enumerate(_turned(rest)) if _names(column)]
    if not any(_names([first[place]]) for place in hosts) and (
        _any_word(first) or not any(cell.strip().isdigit() for cell in first)
    ):
        return first, 1
    before = _fields(sample.comment, table.separator) or []
    return (before, 0) if len(before) == len(first) and _any_word(before) else ([], 0)


def _is_header(line: str, separator: str) -> bool:
    cells = _fields(line, separator) or []
    return len(cells) > 1 and _any_word(cells) and not any(_names([cell]) for cell in cells)


def _any_word(cells: Sequence[str]) -> bool:
    lists = (words.HOST_WORDS, words.CLASS_WORDS, words.FAMILY_WORDS)
    return any(words.rank_of(cell, those) is not None for cell in cells for those in lists)


def _turned(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _names(texts: Sequence[str]) -> bool:
    import pyarrow as pa

    return like_names(clean(pa.array(texts, pa.string()))) >= _HALF


# Lists


def _is_listed(content: str) -> bool:
    return any(_share(content, notation) >= _HALF for notation in NOTATIONS)


def _share(content: str, notation: Notation) -> float:
    return notation.share(_sample(content, re.compile(notation.comment)).lines)


def _listed(content: str, sample: Sample, pieces: Iterator[Piece]) -> Reader:
    """Return a reader of one of the notations; where none fits, of a name a line."""
    for notation in NOTATIONS:
        if _share(content, notation) >= _HALF:
            return _list_reader(notation, _sample(content, re.compile(notation.comment)).lines, pieces)
    lines = sample.lines
    several = sum(len(line.split("#")[0].split()) > 1 for line in lines) > len(lines) / 2
    reader = _list_reader(NAMES_FIRST if several else NAMES, lines, pieces)
    first = lines[0].strip().strip("\"'")
    if len(lines) > 1 and _any_word([first]) and not _names([first]):
        reader.header, reader.skip = [first], sample.numbers[0] + 1
        reader.sample = [reader.sample[0][1:]]
        reader.form += ", with a header"
    return reader


def _list_reader(notation: Notation, lines: list[str], pieces: Iterator[Piece]) -> ListReader:
    found = [match["host"].split()[0] for line in lines if (match := re.search(notation.pattern, line))]
    return ListReader(pieces, notation.name, [""], [found], notation)
