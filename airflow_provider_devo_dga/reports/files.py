"""Write a report as HTML, JSON and CSV, each file whole or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from airflow_provider_devo_dga.reports.detections_csv import detections_csv
from airflow_provider_devo_dga.reports.html import render
from airflow_provider_devo_dga.storage import StoragePath, publish

if TYPE_CHECKING:
    from airflow_provider_devo_dga.reports.summary import ReportSummary

P = TypeVar("P", bound=StoragePath)


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
    targets = {kind: directory / f"{stem}.{kind}" for kind in pages}
    for kind, text in pages.items():
        with publish(targets[kind]) as file:
            file.write(text.encode())
    return ReportFiles(html=targets["html"], json=targets["json"], csv=targets["csv"])
