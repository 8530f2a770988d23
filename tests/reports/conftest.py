"""Build scored rows and contexts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_provider_devo_dga.reports.evidence.context import ReportContext
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary, summarise


class Hour:
    """An hour of scored rows, to be filled and written."""

    start = datetime(2026, 11, 24, 14, tzinfo=UTC)
    schema = pa.schema(
        [
            ("reg_domain", pa.string()),
            ("sld", pa.string()),
            ("events_n", pa.int64()),
            ("first_seen", pa.timestamp("ms", "UTC")),
            ("last_seen", pa.timestamp("ms", "UTC")),
            ("client_ips", pa.list_(pa.string())),
            ("malicious", pa.string()),
            ("f_length", pa.float64()),
        ]
    )

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []

    def add(
        self, reg_domain: str, clients: list[str] | None, label: Any = "1", minute: float = 5, **changes: Any
    ) -> None:
        self.rows.append(
            {
                "reg_domain": reg_domain,
                "sld": reg_domain.split(".", maxsplit=1)[0],
                "events_n": 2,
                "first_seen": self.start + timedelta(minutes=minute),
                "last_seen": self.start + timedelta(minutes=minute, seconds=30),
                "client_ips": clients,
                "malicious": label,
                "f_length": 1.0,
                **changes,
            }
        )

    def write(self, without: str | None = None, **types: pa.DataType) -> Path:
        schema = self.schema
        for name, kind in types.items():
            schema = schema.set(schema.get_field_index(name), pa.field(name, kind))
        table = pa.Table.from_pylist(self.rows, schema=schema)
        pq.write_table(table.drop_columns([without]) if without else table, self.path)
        return self.path

    def context(self, **changes: Any) -> ReportContext:
        facts: dict[str, Any] = {
            "window_start": self.start,
            "window_end": self.start + timedelta(hours=1),
            "table": "firewall.all.traffic",
            "devo_domain": "acme",
            "model_name": "dga_classifier",
            "false_positive_rate": 0.01,
            "generated_at": self.start + timedelta(hours=1, minutes=4),
            "dag_id": "dga_hourly_report",
            "run_id": "scheduled__2026-11-24T15:00:00+00:00",
        }
        return ReportContext(**(facts | changes))

    def summary(self, **changes: Any) -> ReportSummary:
        return summarise(self.write(), self.context(**changes))


@pytest.fixture
def hour(tmp_path: Path) -> Hour:
    """Return an hour without rows."""
    return Hour(tmp_path / "rows.parquet")


@pytest.fixture
def infected(hour: Hour) -> Hour:
    """Return an hour in which 10.0.0.9 asks for 50 domains, 40 flagged, and 20 clean clients for 30 each."""
    for number in range(50):
        hour.add(f"xq{number}zk.ru", ["10.0.0.9"], "1" if number < 40 else "0", minute=7 + number / 60)
    for number in range(60):
        clients = [f"10.1.0.{client}" for client in range(20) if client % 2 == number % 2]
        hour.add(f"shop{number}.com", clients, "1" if number == 3 else "0", minute=number / 2)
    return hour
