"""Batches of rows out of JSON: an object a line, or an array of objects or names."""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.training.dataset.rows import Bad, Batch, Job
from airflow_provider_devo_dga.training.dataset.text import SAMPLE, Piece, Text

NO_OBJECT = "no JSON object"
_BATCH_ROWS, _SAMPLE_ROWS = 10_000, 1000
_BETWEEN = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BEHIND = frozenset(" \t\n\r,]")
_LONGEST_SHOWN = 200


class Element(NamedTuple):
    """An element of an array, and the line on which it begins."""

    line: int
    value: Any


@dataclass
class JsonReader:
    """An object a line; a column is named by its path, ``dns.question.name``."""

    pieces: Iterable[Piece]
    form: str
    header: Sequence[str]
    sample: Sequence[Sequence[str]]

    def batches(self, places: Sequence[int]) -> Iterator[Job]:
        paths = [self.header[place] for place in places]
        for first, content in self.pieces:
            yield partial(self._batch, first, content, paths)

    @staticmethod
    def _batch(first: int, content: bytes, paths: Sequence[str]) -> Batch:
        rows, lines, bad = [], [], []
        for line, raw in enumerate(content.split(b"\n"), start=first):
            if raw.strip():
                if (found := json_row(raw)) is None:
                    bad.append(Bad(line, NO_OBJECT, raw.decode("utf-8", "replace")))
                else:
                    rows.append(found)
                    lines.append(line)
        return _batch(rows, lines, bad, paths)


class ArrayReader:
    """An array of objects, whose columns are named as those of lines, or of names; read as it comes.

    :param text: begins with the array.
    :raises DatasetError: there is nothing in it, or it is damaged within the first elements.
    """

    def __init__(self, text: Text) -> None:
        elements = elements_of(text)
        first = list(islice(elements, _SAMPLE_ROWS))
        if not first:
            raise DatasetError("The dataset is empty: its JSON array has no element")
        self._of_names = isinstance(first[0].value, str)
        rows = [row for element in first if (row := self._row(element.value)) is not None]
        if not rows:
            raise DatasetError(
                "This is a JSON array of neither objects nor names: make a table, jq -r '.[] | @csv' FILE"
            )
        self._elements = chain(first, elements)
        self.form = f"JSON array of {'names' if self._of_names else 'objects'}"
        self.header: Sequence[str] = list(dict.fromkeys(name for row in rows for name in row))
        self.sample: Sequence[Sequence[str]] = [[row.get(name, "") for row in rows] for name in self.header]

    def batches(self, places: Sequence[int]) -> Iterator[Job]:
        paths = [self.header[place] for place in places]
        while some := list(islice(self._elements, _BATCH_ROWS)):
            yield partial(self._batch, some, paths)

    def _batch(self, elements: Sequence[Element], paths: Sequence[str]) -> Batch:
        rows, lines, bad = [], [], []
        for line, value in elements:
            if (row := self._row(value)) is None:
                bad.append(Bad(line, NO_OBJECT, json.dumps(value)[:_LONGEST_SHOWN]))
            else:
                rows.append(row)
                lines.append(line)
        return _batch(rows, lines, bad, paths)

    def _row(self, value: Any) -> dict[str, str] | None:
        if isinstance(value, str) and self._of_names:
            row = {"": value}
        elif isinstance(value, dict) and not self._of_names:
            row = dict(_flat(value, ""))
        else:
            return None
        return row if _is_text(row) else None


def _is_text(row: dict[str, str]) -> bool:
    """Tell whether all of it is Unicode: Python reads half a pair, ``"\\ud800"``, which no file can hold."""
    return not any(_SURROGATE.search(text) for text in chain(row, row.values()) if not text.isascii())


def _batch(
    rows: Sequence[dict[str, str]], lines: Sequence[int], bad: Sequence[Bad], paths: Sequence[str]
) -> Batch:
    import pyarrow as pa

    columns = [pa.array([row.get(path, "") for row in rows], pa.string()) for path in paths]
    return Batch(columns, bad, lines.__getitem__)


def elements_of(text: Text) -> Iterator[Element]:
    """Yield the elements of an array one by one; a megabyte of it is in memory at a time.

    :raises DatasetError: it is damaged, or something stands behind it; tells the line.
    """
    window = _Window(text)
    window.skip("[")
    if not window.begins("]"):
        yield window.element()
        while window.begins(","):
            window.skip(",")
            yield window.element()
    window.skip("]")
    if window.begins():
        raise DatasetError(
            f"Line {window.line}: something stands behind the JSON array. Of an array a line make a table:"
            " jq -r '@csv' FILE"
        )


class _Window:
    """The part of a text that is being read."""

    def __init__(self, text: Text) -> None:
        self.line = 1
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._chunks = text.chunks()
        self._at, self._text = 0, ""
        self._scan = json.JSONDecoder().raw_decode

    def begins(self, mark: str = "") -> bool:
        """Tell whether the next letter is this one; without one, whether there is any."""
        while True:
            self._to(_BETWEEN.match(self._text, self._at).end())  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text.startswith(mark, self._at)
            if not self._read():
                return False

    def skip(self, mark: str) -> None:
        if not self.begins(mark):
            raise self._damaged("',' or ']' is missing")
        self._at += 1

    def element(self) -> Element:
        self.begins()
        while True:
            try:
                value, end = self._scan(self._text, self._at)
            except (ValueError, RecursionError) as error:
                # most likely its end is not here yet
                if len(self._text) - self._at > SAMPLE or not self._read():
                    raise self._damaged(str(error).partition(":")[0]) from None
                continue
            if self._text[end : end + 1] not in _BEHIND and self._read():
                continue  # a number may go on
            found = Element(self.line, value)
            self._to(end)
            return found

    def _to(self, end: int) -> None:
        self.line += self._text.count("\n", self._at, end)
        self._at = end

    def _read(self) -> bool:
        """Take the next piece, and leave what has been read; False at the end."""
        raw = next(self._chunks, b"")
        self._text, self._at = self._text[self._at :] + self._decoder.decode(raw, final=not raw), 0
        return bool(raw)

    def _damaged(self, why: str) -> DatasetError:
        return DatasetError(
            f"Line {self.line}: the JSON array is damaged or cut off here, or has an element longer than a"
            f" megabyte: {why}"
        )


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
