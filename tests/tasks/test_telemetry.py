"""What the provider tells Airflow's metrics, as real datagrams of Airflow's own StatsD client."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.operators.dga_report import DGAReportOperator
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from airflow_provider_devo_dga.tasks import telemetry
from tests.last_line import last_line
from tests.one_run import run_once
from tests.operators.report_tasks import PLAN, rows_file
from tests.statsd_server import StatsdServer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return devo.table([{"n": 1, "word": "a"}, {"n": 2}], n="int4", word="str")


def durations(told: list[str], name: str) -> list[float]:
    """Take the timings of a name out of what was told; return their milliseconds."""
    found = [each for each in told if each.startswith(name)]
    for each in found:
        told.remove(each)
    return [float(each.rpartition(":")[2].removesuffix("|ms")) for each in found]


def test_reading_is_counted_and_so_is_asking_again(
    devo: Any, table: str, statsd: StatsdServer, no_pauses: None
) -> None:
    devo.fault("http_503")
    rows = DevoHook().get_records(f"from {table} select n, word", **devo.window)
    told = statsd.read()
    assert len(rows) == 2
    # the rows, and their count
    for taken in durations(told, "query.duration:"):
        assert 0 < taken < 60_000
    assert told[:2] == ["request.retries:1|c", "query.rows:2|c"]
    for size in (told[2], told[4]):
        assert 50 < int(size.removeprefix("query.bytes:").removesuffix("|c")) < 2000
    assert told[3] == "query.rows:0|c"


@pytest.mark.slow
def test_tasks_are_named_and_nothing_secret_is_told(
    airflow_database: None, devo: Any, sandbox: Any, table: str, statsd: StatsdServer, tmp_path: Path
) -> None:
    window = {"from_": "2026-01-01T08:00:00+00:00", "to": "2026-01-01T09:00:00+00:00"}
    with DAG("told", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        wait = DevoQuerySensor(task_id="wait", query=f"from {table}", **window)
        read = DevoQueryOperator(
            task_id="read", query=f"from {table}", output_path=f"{tmp_path.as_uri()}/r.parquet", **window
        )
        wait >> read
    assert str(run_once(dag).state) == "success"
    every = statsd.all()
    told = [each.removeprefix("airflow.devo_dga.") for each in every if "devo_dga" in each]
    assert "query.rows,dag_id=told,task_id=read:2|c" in told
    assert 0 < durations(told, "sensor.wait,dag_id=told,task_id=wait:")[0] < 60_000
    assert all(",dag_id=told,task_id=" in each for each in told)
    assert sandbox.token not in "".join(every)


def test_a_report_tells_its_figures(
    devo: Any,
    devo_connections: None,
    context: Any,
    statsd: StatsdServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = devo.table([{"host": "a"}], host="str", client="ip4")
    DGAReportOperator(
        task_id="report",
        rows=rows_file(tmp_path, {"xkqjzw.ru": "1", "example.com": "0"}),
        plan=PLAN,
        source={"table": table, "field": "host", "client_field": "client", "kind": "host"},
        output_dir=tmp_path.as_uri(),
    ).execute(context)
    assert [each for each in statsd.read() if each.startswith("report.")] == [
        "report.domains:2|g",
        "report.domains_flagged:1|g",
        "report.clients_suspicious:0|g",
        "report.clients_infected:0|g",
    ]
    assert "1 of 2 domains flagged, 0 clients stand out" in last_line(capsys)


def test_a_backend_that_cannot_be_set_up_fails_no_task(
    devo: Any,
    table: str,
    statsd: StatsdServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_PORT", "no number")
    assert DevoHook().count(f"from {table}", **devo.window) == 2
    assert "A metric was not sent" in caplog.text


def test_nothing_is_sent_unless_airflow_is_set_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*arguments: object, **more: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    telemetry.count("query.rows", 3)
    telemetry.gauge("model.auc", 0.9)
    telemetry.timing("query.duration", 1.5)


def test_the_table_in_the_docs_holds_every_metric() -> None:
    code = "".join(file.read_text() for file in sorted((ROOT / "airflow_provider_devo_dga").rglob("*.py")))
    sent = set(re.findall(r"\b(count|gauge|timing)\(\"([a-z]+\.[a-z_]+)\"", code))
    assert sent
    page = (ROOT / "docs" / "operating.md").read_text()
    words = {"counter": "count", "gauge": "gauge", "timer": "timing"}
    rows = re.findall(r"^\| `devo_dga\.([a-z_.]+)` \| (\w+) \|", page, re.MULTILINE)
    assert {(words[kind], name) for name, kind in rows} == sent
