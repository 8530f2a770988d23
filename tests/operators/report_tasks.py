"""Scored rows of an hour, and a task that reports on them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from airflow.sdk import DAG

from airflow_provider_devo_dga.operators.dga_report import DGAReportOperator

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


SCHEMA = pa.schema(
    [
        ("reg_domain", pa.string()),
        ("sld", pa.string()),
        ("events_n", pa.int64()),
        ("first_seen", pa.timestamp("ms", "UTC")),
        ("last_seen", pa.timestamp("ms", "UTC")),
        ("client_ips", pa.list_(pa.string())),
        ("malicious", pa.string()),
    ]
)


def rows_file(folder: Path, hosts: dict[str, str]) -> dict[str, Any]:
    """Write scored rows, as DevoQueryOperator does, and return what it returns."""
    seen = datetime(2026, 1, 1, 8, 5, tzinfo=UTC)
    rows = [
        {
            "reg_domain": host,
            "sld": host.partition(".")[0],
            "events_n": 2,
            "first_seen": seen,
            "last_seen": seen,
            "client_ips": ["10.0.0.9"],
            "malicious": label,
        }
        for host, label in hosts.items()
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), folder / "rows.parquet")
    return {"path": (folder / "rows.parquet").as_uri(), "rows": len(rows), "window": WINDOW}


def operator(tmp_path: Path, table: str, rows: dict[str, Any], **source: Any) -> DGAReportOperator:
    with DAG("a_dag", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
        return DGAReportOperator(
            task_id="report",
            rows=rows,
            plan=PLAN,
            source={"table": table, "field": "host", "client_field": "client", "kind": "host", **source},
            output_dir=f"{tmp_path.as_uri()}/reports",
        )
