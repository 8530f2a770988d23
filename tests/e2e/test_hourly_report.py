"""The hourly Dag, as a person triggers it: files, asset event, log; and again, with nothing doubled."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from tests.e2e.installation import Installation

HOUR = datetime(2026, 1, 5, 8, tzinfo=UTC)
NAME = "e2e_classifier"
TABLE = "demo.ecommerce.data"


def register(airflow: Installation, file: Path) -> None:
    """Register a model with the official client, not with the provider that is tried here."""
    from devo_ml.modelmanager import create_client_from_token

    address = airflow.address
    client = create_client_from_token(address.mlmm_url, address.token, "standalone", verify=address.ca_file)
    client.add_model(NAME, "H2O", str(file), description="a tiny model")


def test_a_window_is_reported_and_reported_again(
    airflow: Installation, told: Callable[..., None], glm_mojo: Any, tmp_path: Path
) -> None:
    from demo.events import write_events

    model = tmp_path / "tiny.zip"
    model.write_bytes(glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 3.0}, -10.0))
    register(airflow, model)
    events = tmp_path / "events.ndjson"
    count = write_events(events, HOUR, events=1500, clients=30)
    airflow.address.load(TABLE, events)
    asked = {
        "from": HOUR.isoformat(),
        "to": (HOUR + timedelta(hours=1)).isoformat(),
        "reports_dir": f"{tmp_path.as_uri()}/reports",
        "model_name": NAME,
    }

    first = airflow.run("dga_hourly_report", **asked)
    assert first.wait(180) == "success", first.states()
    files = tree(tmp_path / "reports")
    [report] = [name for name in files if name.endswith("report.json")]
    written = json.loads((tmp_path / "reports" / report).read_text())
    assert written["context"]["events_in_window"] == count
    assert written["context"]["run_id"] == first.run_id
    assert [name.rpartition("/")[2] for name in files] == [
        "clients.parquet",
        "report.csv",
        "report.ecs.ndjson",
        "report.html",
        "report.json",
        "report.parquet",
        f"{report.partition('/')[0]}.parquet",
    ]
    assert [event["source_task_id"] for event in first.asset_events()] == ["source.report"]
    assert "Report of" in first.log("source.report", map_index=0)
    assert first.returned("source.report", map_index=0)["domains"] == written["totals"]["domains"] > 50

    again = airflow.run("dga_hourly_report", **asked)
    assert again.wait(180) == "success", again.states()
    assert tree(tmp_path / "reports") == files
    rewritten = json.loads((tmp_path / "reports" / report).read_text())
    assert rewritten["context"]["run_id"] == again.run_id
    assert rewritten["totals"] == written["totals"]
    assert [event["source_task_id"] for event in again.asset_events()] == ["source.report"]
    scored = airflow.devo.queries(NAME)
    assert len(scored) == 2, "one scoring query a run"
    told(
        "hourly report, twice",
        "none",
        "success, success",
        f"{len(scored)} scoring queries, {len(files)} files, 1 asset event each",
    )


def tree(folder: Path) -> list[str]:
    """Return all files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
