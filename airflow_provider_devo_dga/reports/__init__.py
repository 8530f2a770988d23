"""Scored rows in, evidence and a report out: :func:`summarise`, :func:`render`, :func:`write_report`.

Knows nothing of Airflow or Devo: rows come from a Parquet file, facts about the run from a
:class:`ReportContext`.
"""

from __future__ import annotations

from airflow_provider_devo_dga.reports.client_evidence import ClientEvidence, Verdict
from airflow_provider_devo_dga.reports.context import ReportContext
from airflow_provider_devo_dga.reports.detection import Detection
from airflow_provider_devo_dga.reports.files import ReportFiles, write_report
from airflow_provider_devo_dga.reports.html import render
from airflow_provider_devo_dga.reports.summary import ReportSummary, summarise

__all__ = [
    "ClientEvidence",
    "Detection",
    "ReportContext",
    "ReportFiles",
    "ReportSummary",
    "Verdict",
    "render",
    "summarise",
    "write_report",
]
