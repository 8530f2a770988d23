"""Flagged domains as CSV that a spreadsheet can open without running anything."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO

from airflow_provider_devo_dga.reports.detection import Detection
from airflow_provider_devo_dga.reports.text import spreadsheet_cell

HEADER = (
    "reg_domain",
    "first_seen",
    "last_seen",
    "events_n",
    "clients_n",
    "clients",
    "strongest_client_verdict",
    "score",
)


def detections_csv(detections: Iterable[Detection]) -> str:
    """Return a header and one line for each detection.

    Text that a spreadsheet would take for a formula gets an apostrophe in front; line breaks and other
    invisible characters become escapes. ``clients`` holds the named ones, separated by spaces.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(_line(detection) for detection in detections)
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
    )


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
