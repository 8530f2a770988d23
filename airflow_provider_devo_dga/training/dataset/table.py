"""Rows of a table: text with fields between separators, a row a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from airflow_provider_devo_dga.training.dataset.rows import (
    FIELDS,
    Bad,
    Batch,
    Columns,
    joined,
    split_lines,
    twice,
    whole_array,
    without_first,
)
from airflow_provider_devo_dga.training.dataset.text import Piece

BLANKS = " "
"""Separator that stands for any run of blanks and tabs."""

# a semicolon alone may be the separator behind an empty field
COMMENT = r"^\s*(?:#|//|;\s|;?$)"
BEHIND = r"\s#.*$"
"""A comment behind fields between blanks."""
# no alternative at its start: that would take twenty times as long
_MAYBE_COMMENT = re.compile(rb"\n[#/;\s]")
_UNIT = "\x1f"  # a separator that no text has


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
        for first, content in without_first(self.pieces, self.skip):
            yield partial(twice, self._batch, first, content, places)

    def _batch(self, first: int, content: bytes, places: Sequence[int]) -> Batch:
        import pyarrow.compute as pc

        numbers, bad = None, []
        quoted = b'"' in content
        commented = content[:1] in b"#/; \t\n" or _MAYBE_COMMENT.search(content)
        if quoted or commented or self.separator == BLANKS:
            lines = split_lines(content)
            wanted = pc.invert(pc.match_substring_regex(lines, COMMENT))
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
                lines = pc.ascii_trim_whitespace(pc.replace_substring_regex(lines, BEHIND, ""))
                lines = pc.replace_substring_regex(lines, r"[ \t]+", _UNIT)
            content = joined(lines)
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
        return [whole_array(table.column(names[place])) for place in places], ragged


def _literal(separator: str) -> str:
    return rf"\x{ord(separator):02x}"


def _whole(separator: str) -> str:
    """Return a pattern of lines whose quotes all open and close in their own field."""
    other, one = f"[^{_literal(separator)}]", _literal(separator)
    field = rf"(?:\"(?:[^\"]|\"\")*\"|(?:[^\"{one}]{other}*)?)"
    return f"^{field}(?:{one}{field})*$"
