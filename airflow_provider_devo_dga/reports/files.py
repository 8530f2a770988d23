"""Write a report as HTML, JSON and CSV, each file whole or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import uuid4

from airflow_provider_devo_dga.reports.detections_csv import detections_csv
from airflow_provider_devo_dga.reports.html import render
from airflow_provider_devo_dga.reports.paths import ReportPath

if TYPE_CHECKING:
    from airflow_provider_devo_dga.reports.summary import ReportSummary

P = TypeVar("P", bound=ReportPath)


@dataclass(frozen=True)
class ReportFiles(Generic[P]):
    """Where the three files lie."""

    html: P
    json: P
    csv: P


def write_report(summary: ReportSummary, directory: P, *, stem: str = "report") -> ReportFiles[P]:
    """Write ``stem``.json, .csv and .html into ``directory``, which is made when missing.

    Earlier files of the same name are replaced. The page comes last: who sees it finds the other two.
    The same summary gives the same bytes.

    :param directory: ``pathlib.Path``, Airflow's ``ObjectStoragePath`` or any path with the same methods.
    :raises OSError: when a file cannot be written; no partial file stays behind.
    """
    pages = {
        "json": json.dumps(summary.to_dict(), indent=2, allow_nan=False) + "\n",
        "csv": detections_csv(summary.detections),
        "html": render(summary),
    }
    directory.mkdir(parents=True, exist_ok=True)
    targets = {kind: directory / f"{stem}.{kind}" for kind in pages}
    for kind, text in pages.items():
        _publish(directory, targets[kind], text.encode())
    return ReportFiles(html=targets["html"], json=targets["json"], csv=targets["csv"])


def _publish(directory: P, target: P, content: bytes) -> None:
    """Write under a name of its own, then rename over the target.

    ``rename`` and not ``replace``: every kind of path has it, and on POSIX it overwrites. On a file system
    it is the atomic step. An object store has no rename: it copies the finished
    object in one atomic put and deletes the first, so it needs the right to delete.
    """
    part = directory / f".{target.name}.{uuid4().hex}.part"
    try:
        with part.open("wb") as out:
            out.write(content)
        part.rename(target)
    except BaseException:
        part.unlink(True)
        raise
