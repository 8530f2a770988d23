"""The example Dags in Airflow: once as they are meant, and with params that mean harm."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pyarrow.parquet as pq
import pytest

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.drift.watch import DriftWatch
from airflow_provider_devo_dga.errors import SourceError
from airflow_provider_devo_dga.example_dags_path import example_dags_path
from airflow_provider_devo_dga.features.linq import HostSource
from airflow_provider_devo_dga.hooks.devo import DevoHook
from tests.drift.records import drift_found

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope

TABLE = "demo.ecommerce.data"
REVERSED = {"from": "2026-01-05T02:00:00+00:00", "to": "2026-01-05T01:00:00+00:00"}
HOSTILE = {
    "table": "x where 1=1",
    "field": 'referralUri"',
    "client_field": "clientIpAddress, n",
    "code_field": "rcode))",
    "devo_domain": 'self", "x',
    "model_name": 'a"b',
    "field_kind": "html",
}


@pytest.fixture
def dags(devo_connections: None) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(example_dags_path())).dags


def path_of(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))


def run(dag: Any, **options: Any) -> tuple[str, dict[str, str]]:
    finished = dag.test(**options)
    return str(finished.state), {ti.task_id: str(ti.state) for ti in finished.get_task_instances()}


@pytest.mark.parametrize("name", ["table", "field", "client_field", "code_field"])
def test_the_plan_splices_nothing_unchecked(devo: Any, dags: Any, context: Any, name: str) -> None:
    plan = dags["dga_hourly_report"].get_task("source.plan").python_callable
    source = {"name": "a", "table": TABLE, "field": "referralUri", "client_field": "clientIpAddress"}
    with pytest.raises(SourceError, match=name):
        plan(**context, source=source | {name: HOSTILE[name]})
    assert devo.asked() == []


def test_the_retrain_tells_of_the_last_weeks_drift(dags: Any, context: Any, tmp_path: Path) -> None:
    retrain = dags["dga_weekly_retrain"]
    params = {**retrain.params, "reports_dir": (tmp_path / "reports").as_uri()}
    source = HostSource(params["table"], params["field"], params["client_field"], params["field_kind"])
    watch = DriftWatch(tmp_path / "reports" / "drift", source.key("devo_default", "self"))
    run_hour = datetime(2026, 1, 5, 3, tzinfo=UTC)
    for hours, drifted, index in [(1, [], 0.1), (2, ["length"], 0.5), (168, ["length"], 0.7), (169, [], 9.0)]:
        start = run_hour - timedelta(hours=hours)
        found = drift_found({"length": index}, tuple(drifted), share_flagged=0.02)
        watch.record(Window(start, start + timedelta(hours=1)), found)
    tell = retrain.get_task("recent_drift").python_callable
    assert tell(**(context | {"params": params})) == {
        "windows": 3,
        "drifted": 2,
        "share_flagged": 0.02,
        "worst": {"length": 0.5},
    }


@pytest.mark.slow
@pytest.mark.parametrize("dag_id", ["dga_hourly_report", "dga_weekly_retrain", "dga_rollback"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_param_is_refused_when_the_run_is_asked_for(
    airflow_database: None, devo: Any, dags: Any, dag_id: str, name: str
) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    if name not in dags[dag_id].params:
        pytest.skip("no such param in this Dag")
    with pytest.raises(ParamValidationError, match=name):
        dags[dag_id].test(run_conf={name: HOSTILE[name]})
    assert devo.asked() == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_model_is_trained_promoted_and_reports_an_hour(
    mailbox: list[Envelope],
    airflow_database: None,
    devo: Any,
    dags: Any,
    small_dataset: Path,
    tmp_path: Path,
) -> None:
    from demo.events import write_events

    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    events = tmp_path / "events.ndjson"
    count = write_events(events, hour, events=6000, clients=60)
    devo.call("POST", f"tables/{TABLE}/events", events.read_bytes())

    weekly = {
        "dataset": small_dataset.as_uri(),
        "models_dir": f"{tmp_path.as_uri()}/models",
        "reports_dir": f"{tmp_path.as_uri()}/reports",
        "model_params": {"ntrees": 30},
        "min_auc": 0.6,
        "min_recall": 0.1,
        "false_positive_budget": 0.05,
    }
    state, tasks = run(dags["dga_weekly_retrain"], run_conf=weekly)
    assert (state, tasks.pop("approve"), set(tasks.values())) == ("success", "skipped", {"success"})
    asked = len(devo.asked(path="/search/query"))

    hourly = {
        "from": hour.isoformat(),
        "to": (hour + timedelta(hours=1)).isoformat(),
        "reports_dir": f"{tmp_path.as_uri()}/reports",
        "models_dir": weekly["models_dir"],
    }
    state, tasks = run(dags["dga_hourly_report"], run_conf=hourly)
    told = {task: found for task, found in tasks.items() if found != "success"}
    assert (state, told) == (
        "success",
        {f"source.{task}": "skipped" for task in ("send_detections", "drift_alarm", "retrain")},
    )
    # docs/operating.md tells these: probe, candidate, serving name · enough events?, score, how many events,
    # names on alternative roots, since there are some; all but the wait are proven by a count
    assert (asked, len(devo.asked(path="/search/query")) - asked) == (6, 7)
    calls = [request["path"] for request in devo.asked(path="/mlmodelmanager")]
    assert (len(calls), sum("upload" in path for path in calls)) == (14, 2)

    summary = json.loads(next((tmp_path / "models").glob("*/dga_classifier.json")).read_text())
    [folder] = [path for path in (tmp_path / "reports").iterdir() if path.name not in {"rows", "drift"}]
    report = json.loads((folder / "report.json").read_text())
    # other tests of the session may have put events into the same hour
    known = DevoHook().count(f"from {TABLE}", from_=hourly["from"], to=hourly["to"])
    assert report["context"]["events_in_window"] == known >= count
    assert report["context"]["model_version"] == summary["version"]
    assert report["context"]["model_sha256"] == summary["sha256"]
    assert report["context"]["threshold"] == summary["threshold"]
    rows = pq.read_table(tmp_path / "reports" / "rows" / f"{folder.name}.parquet").to_pylist()
    assert report["totals"]["domains"] == len(rows) > 100
    assert report["totals"]["domains_flagged"] == sum(row["malicious"] == "1" for row in rows) > 10

    [mail] = mailbox
    assert mail.rcpt_tos == ["soc@example.com", "duty@example.com"]
    text = message_from_bytes(mail.content, policy=default)
    assert "infected" in text["Subject"]
    assert f"{folder.name}/report.html" in text.get_body(("html",)).get_content()


@pytest.mark.slow
@pytest.mark.parametrize("conf", [{"model_name": "no_such_model"}, REVERSED])
def test_what_can_never_be_planned_fails_at_once(
    airflow_database: None, devo: Any, dags: Any, conf: dict[str, Any]
) -> None:
    state, tasks = run(dags["dga_hourly_report"], run_conf=conf)
    assert state == "failed"
    group = {task: state for task, state in tasks.items() if task.startswith("source.")}
    # not up_for_retry: the policy knows that asking again changes nothing
    assert group.pop("source.plan") == "failed"
    assert len(group) == 8
    assert set(group.values()) == {"upstream_failed"}
    assert devo.asked(path="/search/query") == []


@pytest.mark.slow
def test_a_model_below_the_gate_is_not_registered(
    airflow_database: None, devo: Any, dags: Any, small_dataset: Path, tmp_path: Path
) -> None:
    conf = {
        "dataset": small_dataset.as_uri(),
        "models_dir": f"{tmp_path.as_uri()}/models",
        "model_params": {"ntrees": 2},
        "min_auc": 1.0,
        "model_name": "below_the_gate",
    }
    state, tasks = run(dags["dga_weekly_retrain"], run_conf=conf)
    assert (state, tasks["train"], tasks["quality_gate"]) == ("failed", "success", "failed")
    assert tasks["register_candidate"] == tasks["promote"] == "upstream_failed"
    # asked which model is in service, and nothing was sent
    assert {request["method"] for request in devo.asked(path="/mlmodelmanager")} <= {"GET", "HEAD"}
    assert list((tmp_path / "models").rglob("*.zip"))
