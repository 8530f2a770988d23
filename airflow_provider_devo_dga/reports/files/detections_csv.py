"""Detections as CSV that a spreadsheet can open without running anything."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from io import StringIO

from airflow_provider_devo_dga.reports.evidence.detection import Detection
from airflow_provider_devo_dga.reports.files.ecs import instant
from airflow_provider_devo_dga.reports.page.text import spreadsheet_cell

COLUMNS: dict[str, Callable[[Detection], str | int | float]] = {
    "reg_domain": lambda found: spreadsheet_cell(found.reg_domain),
    "first_seen": lambda found: instant(found.first_seen),
    "last_seen": lambda found: instant(found.last_seen),
    "events_n": lambda found: found.events_n,
    "clients_n": lambda found: found.clients_n,
    "clients": lambda found: spreadsheet_cell(" ".join(found.clients)),
    "strongest_client_verdict": lambda found: str(found.verdict),
    "score": lambda found: "" if found.score is None else found.score,
    "form": lambda found: found.form,
    "flagged": lambda found: "yes" if found.flagged else "no",
    "watched": lambda found: "yes" if found.watched else "no",
}


def detections_csv(detections: Iterable[Detection]) -> Iterator[str]:
    """Yield a header and one line for each detection.

    Text that a spreadsheet would take for a formula gets an apostrophe in front; line breaks and other
    invisible characters become escapes. ``clients`` holds the named ones, separated by spaces.
    """
    yield _line(COLUMNS)
    for detection in detections:
        yield _line(cell(detection) for cell in COLUMNS.values())


def _line(cells: Iterable[str | int | float]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
