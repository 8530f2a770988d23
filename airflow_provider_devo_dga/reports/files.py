"""Write a report as HTML, JSON, CSV, ECS events and Parquet, each file whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from airflow_provider_devo_dga.reports.detections_csv import detections_csv
from airflow_provider_devo_dga.reports.detections_parquet import write_detections_parquet
from airflow_provider_devo_dga.reports.ecs import ecs_ndjson
from airflow_provider_devo_dga.reports.html import render
from airflow_provider_devo_dga.storage import StoragePath, publish

if TYPE_CHECKING:
    from airflow_provider_devo_dga.reports.summary import ReportSummary
    from airflow_provider_devo_dga.reports.trend import Trend

P = TypeVar("P", bound=StoragePath)


@dataclass(frozen=True)
class ReportFiles(Generic[P]):
    """Where the files lie. ``ecs`` holds an ECS event a line; ``parquet`` and ``csv`` the same detections."""

    html: P
    json: P
    csv: P
    ecs: P
    parquet: P


def write_report(
    summary: ReportSummary, directory: P, *, stem: str = "report", trend: Trend | None = None
) -> ReportFiles[P]:
    """Write ``stem``.json, .csv, .ecs.ndjson, .parquet and .html into ``directory``, made when missing.

    Earlier files of the same name are replaced. The page comes last: who sees it finds the others.
    The same summary and trend give the same bytes. Detections are written as they are read.

    :param directory: ``pathlib.Path``, Airflow's ``ObjectStoragePath`` or any path with the same methods.
    :param trend: earlier windows, for the page.
    :raises OSError: when a file cannot be written; no partial file stays behind.
    """
    files = ReportFiles(
        html=directory / f"{stem}.html",
        json=directory / f"{stem}.json",
        csv=directory / f"{stem}.csv",
        ecs=directory / f"{stem}.ecs.ndjson",
        parquet=directory / f"{stem}.parquet",
    )
    page = render(summary, trend)
    _write(files.json, [json.dumps(summary.to_dict(), indent=2, allow_nan=False), "\n"])
    _write(files.csv, detections_csv(summary.all_detections()))
    _write(files.ecs, ecs_ndjson(summary))
    with publish(files.parquet) as file:
        write_detections_parquet(summary, file)
    _write(files.html, [page])
    return files


def _write(target: StoragePath, parts: Iterable[str]) -> None:
    with publish(target) as file:
        for part in parts:
            file.write(part.encode())
