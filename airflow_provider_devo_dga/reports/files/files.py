"""Write a report as HTML, JSON, CSV, ECS events and Parquet, each file whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from airflow_provider_devo_dga.reports.evidence.figures import REPORT, Trend
from airflow_provider_devo_dga.reports.evidence.past import CLIENTS, write_clients
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.files.detections_csv import detections_csv
from airflow_provider_devo_dga.reports.files.detections_parquet import parquet_written
from airflow_provider_devo_dga.reports.files.ecs import ecs_event, ecs_line
from airflow_provider_devo_dga.reports.files.record import Record, records
from airflow_provider_devo_dga.reports.page.html import render
from airflow_provider_devo_dga.storage import publish


@dataclass(frozen=True)
class ReportFiles:
    """Where the files lie. ``ecs`` holds an ECS event a line; ``parquet`` and ``csv`` the same detections.

    ``counts`` is for the windows after, see :mod:`~airflow_provider_devo_dga.reports.evidence.past`.
    """

    html: Any
    json: Any
    csv: Any
    ecs: Any
    parquet: Any
    counts: Any


def write_report(summary: ReportSummary, directory: Any, *, trend: Trend | None = None) -> ReportFiles:
    """Write ``report``.json, .csv, .ecs.ndjson, .parquet and .html into ``directory``, made when missing.

    Earlier files of the same name are replaced. The page comes last: who sees it finds the others.
    The same summary and trend give the same bytes. Detections are written as they are read.

    :param directory: ``pathlib.Path``, Airflow's ``ObjectStoragePath`` or any path with the same methods.
    :param trend: earlier windows, for the page.
    :raises OSError: when a file cannot be written; no partial file stays behind.
    """
    files = _files(directory)
    page = render(summary, trend)
    _write_figures(summary, files)
    with publish(files.parquet) as table, publish(files.ecs) as ecs, publish(files.csv) as csv:
        rows = parquet_written(records(summary), summary.context, table)
        for text in detections_csv(_ecs_written(rows, ecs)):
            csv.write(text.encode())
    with publish(files.html) as html:
        html.write(page.encode())
    return files


def write_figures(summary: ReportSummary, directory: Any) -> None:
    """Write into ``directory`` what the windows after this one read, and nothing for people.

    :raises OSError: as :func:`write_report`.
    """
    files = _files(directory)
    _write_figures(summary, files)
    with publish(files.parquet) as table:
        for _ in parquet_written(records(summary), summary.context, table):
            pass


def _write_figures(summary: ReportSummary, files: ReportFiles) -> None:
    with publish(files.counts) as clients:
        write_clients(summary.clients_untold, summary.context, clients)
    with publish(files.json) as document:
        document.write(REPORT.write(summary.document()) + b"\n")


def _files(directory: Any) -> ReportFiles:
    return ReportFiles(
        html=directory / "report.html",
        json=directory / "report.json",
        csv=directory / "report.csv",
        ecs=directory / "report.ecs.ndjson",
        parquet=directory / "report.parquet",
        counts=directory / CLIENTS,
    )


def _ecs_written(found: Iterable[Record], file: IO[bytes]) -> Iterator[Record]:
    for record in found:
        file.write(f"{ecs_line(ecs_event(record))}\n".encode())
        yield record
