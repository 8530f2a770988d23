"""Scored rows of an hour, and a task that reports on them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import DAG

from airflow_provider_devo_dga.operators.dga_report import DGAReportOperator
from tests.reports.conftest import Hour

PLAN = {
    "query": "from …",
    "model_name": "dga_classifier",
    "feature_set": "dga",
    "version": "20260101T030000Z",
    "sha256": "ab" * 32,
    "threshold": 0.7,
    "false_positive_rate": 0.01,
}
WINDOW = {"from": "2026-01-01T08:00:00+00:00", "to": "2026-01-01T09:00:00+00:00"}


def rows_file(folder: Path, hosts: dict[str, str]) -> dict[str, Any]:
    """Write scored rows, as DevoQueryOperator does, and return what it returns."""
    hour = Hour(folder / "rows.parquet")
    hour.start = datetime(2026, 1, 1, 8, tzinfo=UTC)
    for host, label in hosts.items():
        hour.add(host, ["10.0.0.9"], label)
    return {"path": hour.write().as_uri(), "rows": len(hosts), "window": WINDOW}


def operator(tmp_path: Path, table: str, rows: dict[str, Any], **source: Any) -> DGAReportOperator:
    with DAG("a_dag", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
        return DGAReportOperator(
            task_id="report",
            rows=rows,
            plan=PLAN,
            source={"table": table, "field": "host", "client_field": "client", "kind": "host", **source},
            output_dir=f"{tmp_path.as_uri()}/reports",
        )
