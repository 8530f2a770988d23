"""Reports and records of drift of single hours, as their writers leave them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from airflow_provider_devo_dga.drift.record import DRIFT
from airflow_provider_devo_dga.drift.stability import Drift
from tests.drift.records import drift_found
from tests.plugins.stored_reports import DAG


def facts(
    hour: int, dag_id: str = DAG, version: str = "20260105T030000Z", infected: int = 0
) -> dict[str, Any]:
    return {
        "context": {
            "window_start": f"2026-01-05T{hour:02d}:00:00Z",
            "window_end": f"2026-01-05T{hour + 1:02d}:00:00Z",
            "dag_id": dag_id,
            "run_id": "r",
            "model_name": "dga_classifier",
            "model_version": version,
        },
        "totals": {
            "domains": 100,
            "domains_flagged": 5 + hour,
            "domains_expected_false": 1.2,
            "clients": 7,
            "clients_infected": infected,
            "clients_suspicious": 1,
        },
    }


def put(folder: Path, hour: int, **options: Any) -> str:
    slug = f"20260105T{hour:02d}0000Z_3600s"
    (folder / slug).mkdir(parents=True)
    (folder / slug / "report.json").write_text(json.dumps(facts(hour, **options)))
    (folder / slug / "report.html").write_text(f"<h1>report {hour}</h1>")
    return slug


def put_drift(
    folder: Path,
    slug: str,
    judged: Mapping[str, Any] = MappingProxyType({}),
    *,
    domains: int = 5000,
    share_flagged: float = 0.012,
    **index: float,
) -> None:
    """Write what WatchDriftOperator writes for a window."""
    drift = Drift(domains, dict(sorted(index.items(), key=lambda item: -item[1])), 0.25)
    found = drift_found(drift.index, drift.drifted, domains=domains, share_flagged=share_flagged, **judged)
    (folder / "drift").mkdir(exist_ok=True)
    (folder / "drift" / f"{slug}.json").write_bytes(DRIFT.write(found))
