"""DevoQuerySensor in its three modes against a real sandbox."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSensorTimeout, TaskDeferred

from airflow_provider_devo_dga.devo_api.condition import NewerEvents, Scalar
from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoDgaError,
    DevoPermanentError,
    DevoQueryError,
    DevoResultError,
    DevoThrottledError,
    DevoWindowError,
)
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from airflow_provider_devo_dga.tasks.identity import own_comments
from airflow_provider_devo_dga.triggers.devo_query import DevoQueryTrigger
from tests.one_run import run_once
from tests.waiting import SOON


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return devo.table(n="int4")


def sensor(devo: Any, query: str, **changes: Any) -> DevoQuerySensor:
    arguments = {**devo.window, "poke_interval": 0.05, "timeout": 10, "deferrable": False}
    return DevoQuerySensor(task_id="wait", query=query, **(arguments | changes))


def test_it_returns_the_rows_it_saw(devo: Any, table: str, context: Any) -> None:
    devo.load(table, [{"n": number} for number in range(5)])
    assert sensor(devo, f"from {table}", min_rows=3).execute(context) == 3
    assert sensor(devo, f"from {table} group select count() as c where c >= 5").execute(context) == 1


def test_a_poke_says_yes_or_not_yet(devo: Any, table: str, context: Any) -> None:
    devo.load(table, [{"n": 1}])
    assert bool(sensor(devo, f"from {table}").poke(context))
    assert not sensor(devo, f"from {table}", min_rows=2).poke(context)
    assert not sensor(devo, f"from {table}", min_rows="2").poke(context)


def test_a_window_that_is_not_over_is_not_asked_for(devo: Any, table: str, context: Any) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    assert not sensor(devo, f"from {table}", from_=end - timedelta(hours=1), to=end).poke(context)
    assert devo.asked(table) == []


def test_faults_that_may_pass_count_as_not_yet(devo: Any, table: str, connect: Any, context: Any) -> None:
    connect("patient", extra={"retries": 0})
    devo.load(table, [{"n": 1}, {"n": 2}])
    devo.fault("http_503")
    devo.fault("e_mid", after_rows=1)
    assert sensor(devo, f"from {table}", min_rows=2, devo_conn_id="patient").execute(context) == 2
    assert len(devo.asked(table)) == 3


def test_a_number_is_compared(devo: Any, table: str, context: Any) -> None:
    devo.load(table, [{"n": number} for number in range(5)])
    query = f"from {table} group select count() as c, sum(n) as s"
    assert sensor(devo, query, condition=Scalar(">=", 10, "s")).execute(context) == 10
    assert not sensor(devo, query, condition=Scalar("<", 10, "s")).poke(context)
    alone = f"from {table} group select max(n) as m"
    assert sensor(devo, alone, condition=Scalar("=", 4)).execute(context) == 4
    assert not sensor(devo, f"{alone} where m > 4", condition=Scalar("=", 4)).poke(context)


@pytest.mark.parametrize(
    ("query", "condition", "reason"),
    [
        ("from {} group select count() as c, sum(n) as s", Scalar(">", 1), "name the one"),
        ("from {} group select count() as c", Scalar(">", 1, "x"), "no column 'x'"),
        ("from {} select n", Scalar(">", 1), "several rows"),
        ('from {} group select first("a") as a', Scalar(">", 1), "number is wanted"),
    ],
)
def test_what_is_no_number_fails_at_once(
    devo: Any, table: str, context: Any, query: str, condition: Scalar, reason: str
) -> None:
    devo.load(table, [{"n": 1}, {"n": 2}])
    with pytest.raises(DevoResultError, match=reason):
        sensor(devo, query.format(table), condition=condition).poke(context)


def test_newer_events_tell_that_the_older_ones_are_there(devo: Any, table: str, context: Any) -> None:
    late = timedelta(minutes=10)
    waiting = sensor(devo, f"from {table}", condition=NewerEvents(), lateness=late)
    end_ms = int(devo.window["to"].timestamp()) * 1000
    devo.load(table, [{"n": 1}, {"n": 2, "eventdate": end_ms + 599_999}])
    assert not waiting.poke(context)
    devo.load(table, [{"n": 3, "eventdate": end_ms + 600_000}])
    assert waiting.poke(context)


def test_lateness_is_waited_for_without_asking(devo: Any, table: str, context: Any) -> None:
    end = datetime.now(UTC).replace(microsecond=0)
    window = {"from_": end - timedelta(hours=1), "to": end}
    assert not sensor(devo, f"from {table}", **window, lateness=timedelta(minutes=1)).poke(context)
    assert devo.asked(table) == []


@pytest.mark.parametrize("deferrable", [False, True])
@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"query": "from no.such.table"}, DevoQueryError),
        ({"devo_conn_id": "wrong"}, DevoAuthError),
        ({"from_": "2026-01-01"}, DevoWindowError),
        ({"query": 5}, DevoQueryError),
        ({"condition": ">= 5"}, DevoPermanentError),
    ],
)
def test_what_can_never_hold_fails_at_once(
    devo: Any,
    table: str,
    connect: Any,
    context: Any,
    deferrable: bool,
    changes: dict[str, Any],
    kind: type[Exception],
) -> None:
    connect("wrong", password="not-the-token")
    waiting = sensor(devo, **({"query": f"from {table}"} | changes), deferrable=deferrable)
    with pytest.raises(kind):
        waiting.execute(context)


def test_it_times_out(devo: Any, table: str, context: Any) -> None:
    began = time.monotonic()
    with pytest.raises(AirflowSensorTimeout):
        sensor(devo, f"from {table}", timeout=0.2).execute(context)
    assert time.monotonic() - began < SOON


def test_reschedule_gives_the_slot_back(devo: Any, table: str, context: Any) -> None:
    began = datetime.now(UTC) - timedelta(seconds=5)
    ti = SimpleNamespace(
        dag_id="a_dag",
        run_id="a_run",
        task_id="wait",
        map_index=-1,
        try_number=1,
        max_tries=0,
        get_first_reschedule_date=lambda context: began,
        start_date=datetime.now(UTC),
    )
    waiting = sensor(devo, f"from {table}", mode="reschedule", poke_interval=60)
    with pytest.raises(AirflowRescheduleException) as caught:
        waiting.execute(context | {"ti": ti})
    seconds = (caught.value.reschedule_date - datetime.now(UTC)).total_seconds()
    assert 50 < seconds <= 60
    devo.load(table, [{"n": 1}])
    assert waiting.execute(context | {"ti": ti}) == 1


def test_deferring_hands_over_the_same_question(devo: Any, table: str, context: Any) -> None:
    waiting = sensor(devo, f"from {table}", deferrable=True, min_rows=4, poke_interval=30, timeout=600)
    with pytest.raises(TaskDeferred) as caught:
        waiting.execute(context)
    assert caught.value.method_name == "execute_complete"
    assert caught.value.timeout is not None
    assert caught.value.timeout > timedelta(seconds=600)  # the trigger is to speak first
    assert isinstance(caught.value.trigger, DevoQueryTrigger)
    deadline = caught.value.trigger.deadline
    assert 590 < deadline - time.time() < 600
    expected = DevoQueryTrigger(
        query=f"from {table}",
        from_=devo.window["from_"].isoformat(),
        to=devo.window["to"].isoformat(),
        condition={"kind": "RowsAtLeast", "rows": 4},
        devo_conn_id="devo_default",
        poke_interval=30,
        deadline=deadline,
        comments=own_comments(),
    )
    assert caught.value.trigger.serialize() == expected.serialize()


def test_deferring_is_spared_when_the_rows_are_there(devo: Any, table: str, context: Any) -> None:
    devo.load(table, [{"n": 1}])
    assert sensor(devo, f"from {table}", deferrable=True).execute(context) == 1


def test_the_event_ends_the_wait(devo: Any, context: Any) -> None:
    waiting = sensor(devo, "from t", deferrable=True)
    assert waiting.execute_complete(context, {"status": "success", "value": 3}) == 3


def test_the_triggers_deadline_is_a_sensors_timeout(devo: Any, context: Any) -> None:
    waiting = sensor(devo, "from t", deferrable=True, min_rows=3, timeout=7)
    with pytest.raises(AirflowSensorTimeout, match=r"rows=3.* within 7 s; last seen: 2"):
        waiting.execute_complete(context, {"status": "timeout", "last": "2"})


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DevoQueryError", DevoQueryError),
        ("DevoThrottledError", DevoThrottledError),
        ("annotations", DevoDgaError),
        ("NoSuchError", DevoDgaError),
    ],
)
def test_the_triggers_error_is_raised_by_its_own_type(
    devo: Any, context: Any, name: str, kind: type[DevoDgaError]
) -> None:
    event = {"status": "error", "error": name, "message": "what happened"}
    with pytest.raises(DevoDgaError, match="what happened") as caught:
        sensor(devo, "from t").execute_complete(context, event)
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        "success",
        {"status": "done"},
        {"status": "success"},
        {"status": "success", "rows": 3},
        {"status": "error"},
        {"status": "timeout"},
    ],
)
def test_an_event_that_is_none_is_a_failure(devo: Any, context: Any, event: Any) -> None:
    with pytest.raises(DevoDgaError, match="no known event"):
        sensor(devo, "from t").execute_complete(context, event)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["poke", "reschedule", "deferrable"])
def test_airflow_runs_it_in_each_mode(
    airflow_database: None, devo: Any, connect: Any, table: str, mode: str
) -> None:
    connect("devo_default", extra={"retries": 0})
    devo.fault("http_503")  # for the first question; the second finds the row
    devo.load(table, [{"n": 1}])
    with DAG(f"wait_{mode}", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        DevoQuerySensor(
            task_id="wait",
            query="from {{ params.table }}",
            from_="{{ params.start }}",
            to="2026-01-01T09:00:00+00:00",
            poke_interval=0.1,
            timeout=60,
            mode="reschedule" if mode == "reschedule" else "poke",
            deferrable=mode == "deferrable",
        )
    finished = run_once(dag, {"table": table, "start": "2026-01-01T08:00:00+00:00"})
    [task] = finished.get_task_instances()
    assert (str(finished.state), str(task.state)) == ("success", "success")
    assert task.xcom_pull("wait") == 1
    assert len(devo.asked(table)) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("soft_fail", "state"), [(False, "failed"), (True, "skipped")])
def test_a_deferred_wait_ends_by_itself_in_a_test_of_the_dag(
    airflow_database: None, devo: Any, table: str, soft_fail: bool, state: str
) -> None:
    with DAG("never", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        DevoQuerySensor(
            task_id="wait",
            query=f"from {table}",
            from_=devo.window["from_"],
            to=devo.window["to"],
            poke_interval=0.2,
            timeout=1,
            deferrable=True,
            soft_fail=soft_fail,
            retries=2,
        )
    began = time.monotonic()
    [task] = run_once(dag).get_task_instances()
    assert str(task.state) == state
    assert task.try_number == 1
    assert time.monotonic() - began < SOON
