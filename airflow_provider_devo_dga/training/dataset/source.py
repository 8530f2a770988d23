"""Where labelled domains come from: a file of the tutorial's form, or a plain list of one class."""

from __future__ import annotations

import csv
import lzma
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from airflow_provider_devo_dga.errors import DatasetError
from airflow_provider_devo_dga.redaction import shown_uri

NEEDED_COLUMNS = ("host", "domain", "class", "subclass")
SEPARATOR = ";"

_KEYS = frozenset({"uri", "class", "subclass"})


class Record(NamedTuple):
    """One row as a source has it; ``domain`` is None where the source does not name the label."""

    line: int
    host: str
    domain: str | None
    class_: str
    subclass: str


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """One source of a dataset.

    :param uri: where it lies.
    :param class_: None for a file of the form ``host;domain;class;subclass``. A class name makes it a plain
        list of that class: a domain a line, or ``rank,domain`` as popularity lists have it; blank lines and
        lines that start with ``#`` are comments.
    :param subclass: DGA family of all rows of a plain list.
    """

    uri: str
    class_: str | None = None
    subclass: str = ""

    @classmethod
    def of(cls, value: str | Mapping[str, Any]) -> DatasetSource:
        """Read what a Dag says: a URI, or ``{"uri": …, "class": "dga", "subclass": "conficker"}``.

        :raises DatasetError: for a missing ``uri``, unknown keys, values that are no text, or a ``subclass``
            without a ``class``.
        """
        fields: dict[str, Any] = {"uri": value} if isinstance(value, str) else dict(value)
        if unknown := sorted(set(fields) - _KEYS):
            raise DatasetError(f"A source has uri, class and subclass, not {', '.join(map(repr, unknown))}")
        if not fields.get("uri") or not all(isinstance(text, str) for text in fields.values()):
            raise DatasetError("A source needs a uri; uri, class and subclass are texts")
        if "subclass" in fields and "class" not in fields:
            raise DatasetError("A source with a subclass needs a class")
        return cls(fields["uri"], fields.get("class"), fields.get("subclass", ""))

    @property
    def name(self) -> str:
        """Return the address without credentials, fit for logs and errors."""
        return shown_uri(self.uri)

    @property
    def is_remote(self) -> bool:
        """Whether it is to be downloaded, and no file of a store."""
        return self.uri.startswith(("http://", "https://"))

    def records(self, stream: BinaryIO) -> Iterator[Record | int]:
        """Yield the source's rows; a row with another number of fields than the header is its line number.

        :param stream: decompressed bytes, UTF-8 with or without BOM.
        :raises DatasetError: for a missing column, bytes that are not UTF-8, or damaged compression.
        """
        lines = _lines(stream)
        if self.class_ is None:
            return _rows(lines)
        return _domains(lines, self.class_, self.subclass)


def sources_of(dataset: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]]) -> list[DatasetSource]:
    """Return the sources of a dataset: of one, or of a list of them.

    :raises DatasetError: for an empty list or a source that is none.
    """
    several = dataset if isinstance(dataset, Sequence) and not isinstance(dataset, str) else [dataset]
    if not several or not all(isinstance(item, (str, Mapping)) for item in several):
        raise DatasetError("A dataset is a source or a list of them; a source is a URI or a mapping with one")
    return [DatasetSource.of(item) for item in several]


def _rows(lines: Iterator[str]) -> Iterator[Record | int]:
    records = _fields(lines)
    _, header = next(records, (0, []))
    positions = _positions(header)
    for line, fields in records:
        if len(fields) == len(header):
            yield Record(line, *(fields[position].strip() for position in positions))
        else:
            yield line


def _domains(lines: Iterator[str], class_: str, subclass: str) -> Iterator[Record | int]:
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            rank, comma, domain = text.partition(",")
            yield Record(number, domain if comma and rank.isdigit() else text, None, class_, subclass)


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Decode line by line, so that an error can name its line."""
    line = 0
    try:
        for line, raw in enumerate(stream, start=1):
            yield raw.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        # enumerate has counted the line that could not be decoded
        raise DatasetError(f"Line {line} is not UTF-8: {error.reason}") from None
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise DatasetError(f"The dataset is damaged or truncated behind line {line}: {error}") from error


def _fields(lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=SEPARATOR)
    try:
        for fields in reader:
            if fields:
                yield reader.line_num, fields
    except csv.Error as error:
        raise DatasetError(f"Line {reader.line_num} cannot be read: {error}") from None


def _positions(header: list[str]) -> list[int]:
    if not header:
        raise DatasetError("The dataset is empty")
    found = [name.strip().lower() for name in header]
    missing = [name for name in NEEDED_COLUMNS if name not in found]
    if missing:
        shown = SEPARATOR.join(found)[:200]
        if not any(name in shown for name in NEEDED_COLUMNS):
            shown = (
                "another kind of file"  # of which nothing is to be shown: it may be any file of the worker
            )
        raise DatasetError(
            f"The dataset lacks the columns {', '.join(missing)}. Needed: {SEPARATOR.join(NEEDED_COLUMNS)} "
            f"(separator {SEPARATOR!r}); found: {shown}"
        )
    return [found.index(name) for name in NEEDED_COLUMNS]
