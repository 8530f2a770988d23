"""Detections as CSV that a spreadsheet can open without running anything."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO

from airflow_provider_devo_dga.reports.files.columns import COLUMNS, Cell
from airflow_provider_devo_dga.reports.files.record import Record, instant
from airflow_provider_devo_dga.reports.page.text import spreadsheet_cell


def detections_csv(records: Iterable[Record]) -> Iterator[str]:
    """Yield a header and one line for each detection.

    Text that a spreadsheet would take for a formula gets an apostrophe in front; line breaks and other
    invisible characters become escapes. Lists are separated by spaces.
    """
    yield _line(column.name for column in COLUMNS)
    for record in records:
        yield _line(_cell(column.value(record)) for column in COLUMNS)


def _cell(value: Cell) -> str | int | float:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return instant(value)
        case str():
            return spreadsheet_cell(value)
        case tuple():
            return spreadsheet_cell(" ".join(value))
        case _:
            return value


def _line(cells: Iterable[str | int | float]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
