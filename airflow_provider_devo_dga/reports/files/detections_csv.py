"""Detections as CSV that a spreadsheet can open without running anything."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO

from airflow_provider_devo_dga.reports.evidence.detection import Detection
from airflow_provider_devo_dga.reports.page.text import spreadsheet_cell

HEADER = (
    "reg_domain",
    "first_seen",
    "last_seen",
    "events_n",
    "clients_n",
    "clients",
    "strongest_client_verdict",
    "score",
    "form",
    "flagged",
    "watched",
)


def detections_csv(detections: Iterable[Detection]) -> Iterator[str]:
    """Yield a header and one line for each detection.

    Text that a spreadsheet would take for a formula gets an apostrophe in front; line breaks and other
    invisible characters become escapes. ``clients`` holds the named ones, separated by spaces.
    """
    yield _text(HEADER)
    for detection in detections:
        yield _text(_line(detection))


def _text(cells: Iterable[str | int | float]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _line(detection: Detection) -> tuple[str | int | float, ...]:
    return (
        spreadsheet_cell(detection.reg_domain),
        _instant(detection.first_seen),
        _instant(detection.last_seen),
        detection.events_n,
        detection.clients_n,
        spreadsheet_cell(" ".join(detection.clients)),
        str(detection.verdict),
        "" if detection.score is None else detection.score,
        detection.form,
        "yes" if detection.flagged else "no",
        "yes" if detection.watched else "no",
    )


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
