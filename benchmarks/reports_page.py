"""The page of all reports takes no longer with 10,000 stored reports than with those that it shows."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import airflow
from benchmarks.claim import Measured, Size, in_turns

MANY = 10_000
DAG = "dga_hourly_report"
_START = datetime(2025, 1, 1, tzinfo=UTC)
_FORM = "%Y%m%dT%H%M%SZ"


def run(size: Size) -> list[Measured]:
    """Render the page over a folder with many reports, and over one with as many as it shows."""
    # no model history: what MLflow takes is not the reports' part
    os.environ["DEVO_DGA_HISTORY"] = ""
    airflow.prepare()
    from airflow_provider_devo_dga.plugins.overview import SHOWN

    many = size.pick(MANY, MANY // 5)
    with tempfile.TemporaryDirectory(prefix="devo-bench-reports-") as folder:
        full, small = (_page(_stored(Path(folder, str(count)), count)) for count in (many, SHOWN))
        # a window has two links, its bar and its line, and the newest one more
        assert full().count("reports/2") == small().count("reports/2") == 2 * SHOWN + 1
        full_s, small_s = in_turns(full, small, 15)
    return [
        Measured(
            f"the page of reports, {many:,} of them stored, against {SHOWN}",
            full_s / small_s,
            "×",
            2,
            at_least=False,
            parts={"full_s": full_s, "small_s": small_s},
        )
    ]


def _page(folder: Path) -> Callable[[], str]:
    from airflow.sdk import ObjectStoragePath

    from airflow_provider_devo_dga.models.store import ModelStore
    from airflow_provider_devo_dga.plugins.model_source import ModelSource
    from airflow_provider_devo_dga.plugins.overview import overview_facts
    from airflow_provider_devo_dga.plugins.page_templates import page_templates
    from airflow_provider_devo_dga.reports.shelf import ReportShelf

    models = ModelSource()

    def page() -> str:
        shelf = ReportShelf(ObjectStoragePath(folder.as_uri()))
        facts = overview_facts(DAG, shelf, models, ModelStore(shelf.folder / "models"))
        return str(page_templates().get_template("overview.html").render(**facts, folder="", others=()))

    return page


def _stored(folder: Path, count: int) -> Path:
    """Write so many reports, one an hour, each with its record of drift."""
    (folder / "drift").mkdir(parents=True)
    for hour in range(count):
        start, end = _START + timedelta(hours=hour), _START + timedelta(hours=hour + 1)
        slug = f"{start.strftime(_FORM)}_3600s"
        (folder / slug).mkdir()
        (folder / slug / "report.json").write_text(json.dumps(_report(start, end)))
        (folder / "drift" / f"{slug}.json").write_text(json.dumps(_drift()))
    return folder


def _report(start: datetime, end: datetime) -> dict[str, object]:
    return {
        "context": {
            "window_start": start.isoformat(),
            "window_end": end.isoformat(),
            "dag_id": DAG,
            "model_name": "dga_classifier",
            "model_version": "20250101T000000Z",
            "threshold": 0.8,
            "false_positive_rate": 0.01,
        },
        "totals": {
            "clients": 200,
            "clients_infected": 0,
            "clients_suspicious": 1,
            "domains": 4000,
            "domains_flagged": 44,
            "domains_expected_false": 40.0,
        },
    }


def _drift() -> dict[str, object]:
    return {
        "domains": 3956,
        "index": {f"feature_{number}": number / 200 for number in range(34)},
        "limit": 0.25,
        "drifted": [],
        "alarm": False,
        "model_version": "20250101T000000Z",
        "share_flagged": 0.011,
        "false_positive_rate": 0.01,
    }
