"""Whatever asks Devo says which Dag, task, run and try asks, in every request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import TaskDeferred
from airflow.sdk.execution_time.context import set_current_context

from airflow_provider_devo_dga.errors import DevoDgaError
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.operators.backtest_model import BacktestModelOperator
from airflow_provider_devo_dga.operators.check_linq import CheckLinqOperator
from airflow_provider_devo_dga.operators.devo_job import DevoJobOperator
from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.operators.dga_report import DGAReportOperator
from airflow_provider_devo_dga.operators.gate_model import GateModelOperator
from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.operators.probe_model import ProbeModelOperator
from airflow_provider_devo_dga.operators.promote_model import PromoteModelOperator
from airflow_provider_devo_dga.operators.record_training import RecordTrainingOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.operators.send_detections import SendDetectionsOperator
from airflow_provider_devo_dga.operators.watch_drift import WatchDriftOperator
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from tests.operators.promotions import OLD, World
from tests.operators.report_tasks import PLAN, rows_file
from tests.operators.test_every_operator import OPERATORS

WINDOW = {"from_": "2026-01-01T08:00:00+00:00", "to": "2026-01-01T09:00:00+00:00"}
RUN = "manual__2026-01-05T03:00:00+00:00"
SAID = json.dumps(f'pragma comment.free:"a_dag a_task {RUN} try 2"')[1:-1]

# they read and write files and models only
QUIET = {
    BacktestModelOperator,
    GateModelOperator,
    H2OTrainOperator,
    RecordTrainingOperator,
    RegisterModelOperator,
    WatchDriftOperator,
}


class Place:
    """Where a task of each kind can be executed for the second time."""

    def __init__(self, devo: Any, folder: Path, connect: Any, glm_mojo: Any) -> None:
        self.table = devo.table([{"host": "example.com", "client": "10.0.0.1"}], host="str", client="ip4")
        self.source = {"table": self.table, "field": "host", "client_field": "client", "kind": "host"}
        self.devo, self.folder, self.connect, self.glm_mojo = devo, folder, connect, glm_mojo

    def check_linq(self) -> Any:
        return CheckLinqOperator(task_id="a_task", table=self.table)

    def devo_job(self) -> Any:
        return DevoJobOperator(
            task_id="a_task",
            query=f"from {self.table}",
            destination="donothing",
            poll_interval=0.05,
            **WINDOW,
        )

    def devo_query(self) -> Any:
        path = f"{self.folder.as_uri()}/rows.parquet"
        # counted in Devo, too
        return DevoQueryOperator(
            task_id="a_task", query=f"from {self.table}", output_path=path, completeness="count", **WINDOW
        )

    def dga_report(self) -> Any:
        return DGAReportOperator(
            task_id="a_task",
            rows=rows_file(self.folder, {"example.com": "0"}),
            plan=PLAN,
            source=self.source,
            output_dir=self.folder.as_uri(),
        )

    def probe_model(self) -> Any:
        return ProbeModelOperator(
            task_id="a_task",
            name="nobody",
            model_file=f"{self.folder.as_uri()}/model.zip",
            source=self.source,
            feature_set="tutorial",
            **WINDOW,
        )

    def promote_model(self) -> Any:
        world = World(self.folder, self.table, self.devo.window, self.glm_mojo)
        world.register_candidate(OLD, {"outlet_events": {}})
        return world.operator(OLD)

    def send_detections(self) -> Any:
        paths = {name: f"{self.folder}/{name}.pem" for name in ("key", "cert", "chain")}
        for path in paths.values():
            Path(path).touch()
        self.connect("devo_events_default", "devo_events", host="127.0.0.1", port=1, extra=paths)
        event = {
            "event.id": "1",
            "devo_dga.watched": True,
            "devo_dga.client_verdict": "",
            "devo_dga.window.start": "2026-01-01T08:00:00.000Z",
        }
        (self.folder / "a.ndjson").write_text(json.dumps(event) + "\n")
        begun = {"state": "sending", "table": "my.app.a.b", "began": "2026-01-01T08:00:00+00:00"}
        (self.folder / "sent_my.app.a.b.json").write_text(json.dumps(begun))
        return SendDetectionsOperator(
            task_id="a_task",
            report={"ecs": f"{self.folder.as_uri()}/a.ndjson"},
            table="my.app.a.b",
            settle_seconds=0,
        )

    def devo_query_sensor(self, **changes: Any) -> Any:
        return DevoQuerySensor(
            task_id="a_task", query=f"from {self.table}", poke_interval=0.05, **(WINDOW | changes)
        )


ASKING: dict[type, Callable[[Place], Any]] = {
    CheckLinqOperator: Place.check_linq,
    DevoJobOperator: Place.devo_job,
    DevoQueryOperator: Place.devo_query,
    DGAReportOperator: Place.dga_report,
    ProbeModelOperator: Place.probe_model,
    PromoteModelOperator: Place.promote_model,
    SendDetectionsOperator: Place.send_detections,
    DevoQuerySensor: Place.devo_query_sensor,
}
# its model is scored by Java
_SLOW = {PromoteModelOperator}


@pytest.fixture
def place(devo: Any, devo_connections: None, tmp_path: Path, connect: Any, glm_mojo: Any) -> Place:
    return Place(devo, tmp_path, connect, glm_mojo)


@contextmanager
def running(task: Any, context: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Let Airflow say that a task runs, in its second try."""
    ti = SimpleNamespace(
        dag_id="a_dag",
        run_id=RUN,
        task_id="a_task",
        map_index=-1,
        try_number=2,
        max_tries=2,
        start_date=datetime.now(UTC),
    )
    context |= {"ti": ti, "task": task}
    with set_current_context(context):  # type: ignore[arg-type]
        yield context


def asked(devo: Any) -> list[str]:
    return [request["body"] for request in devo.asked(path="/search/query")]


def test_every_operator_is_one_or_the_other() -> None:
    assert {*ASKING, *QUIET} == set(OPERATORS)
    assert not QUIET & set(ASKING)
    for operator in QUIET:
        assert "DevoHook" not in vars(import_module(operator.__module__))


@pytest.mark.parametrize(
    "operator", [pytest.param(each, marks=[pytest.mark.slow] if each in _SLOW else []) for each in ASKING]
)
def test_each_request_says_who_asks(operator: type, place: Place, devo: Any, context: Any) -> None:
    with DAG("a_dag", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
        task = ASKING[operator](place)
    devo.mark()
    # what comes of it is tested elsewhere
    with running(task, context), suppress(DevoDgaError):
        task.execute(context)
    assert asked(devo)
    assert [body for body in asked(devo) if SAID not in body] == []


async def test_so_does_the_trigger_of_a_task(place: Place, devo: Any, context: Any) -> None:
    task = place.devo_query_sensor(deferrable=True, min_rows=2)
    with running(task, context), pytest.raises(TaskDeferred) as deferred:
        await asyncio.to_thread(task.execute, context)
    await asyncio.to_thread(devo.load, place.table, [{"host": "example.org"}])
    await asyncio.to_thread(devo.mark)
    async with asyncio.timeout(10):
        assert [event.payload["status"] async for event in deferred.value.trigger.run()] == ["success"]
    found = await asyncio.to_thread(asked, devo)
    assert found
    assert [body for body in found if SAID not in body] == []


def test_so_does_a_function_of_a_dag(place: Place, devo: Any, context: Any) -> None:
    with running(SimpleNamespace(retries=2), context):
        assert DevoHook().count(f"from {place.table}", **devo.window) == 1
    assert [body for body in asked(devo) if SAID not in body] == []


def test_outside_of_a_task_nobody_is_named(place: Place, devo: Any) -> None:
    assert DevoHook().count(f"from {place.table}", **devo.window) == 1
    [body] = asked(devo)
    assert "comment.user" in body
    assert "comment.free" not in body
