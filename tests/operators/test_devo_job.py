"""DevoJobOperator starts one job at a real sandbox, however often its worker dies; a kill stops it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_devo_dga import errors
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_jobs import DevoJobs
from airflow_provider_devo_dga.operators.devo_job import DevoJobOperator
from airflow_provider_devo_dga.triggers.devo_job import DevoJobTrigger
from tests.one_run import run_once
from tests.waiting import PATIENCE, SOON, wait_until

JOB = "/search/job"


class Store(dict[str, Any]):
    """As much of Airflow's task state store as lives in this process."""

    def set(self, key: str, value: Any, *, retention: timedelta) -> None:
        assert retention is timedelta.max
        self[key] = value


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return devo.table([{"n": 1}, {"n": 2}, {"n": 3}], n="int4")


def instance(table: str, *, max_tries: int = 2, map_index: int = -1) -> Any:
    return SimpleNamespace(
        dag_id="a_dag",
        run_id=f"manual__2026-01-05T03:00:00+00:00_{table}",
        task_id="ask",
        map_index=map_index,
        try_number=1,
        max_tries=max_tries,
    )


def operator(table: str, **changes: Any) -> DevoJobOperator:
    arguments = {
        "query": f"from {table} where n > 1 select n",
        "from_": "2026-01-01T08:00:00+00:00",
        "to": "2026-01-01T09:00:00+00:00",
        "destination": "donothing",
        "poll_interval": 0.05,
        "retries": 2,
        "deferrable": False,
    }
    with DAG("a_dag", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
        return DevoJobOperator(task_id="ask", **(arguments | changes))


def endless(table: str, **changes: Any) -> DevoJobOperator:
    """Return a task whose job runs as long as nobody stops it."""
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    return operator(table, to=end.isoformat(), **changes)


def run(task: DevoJobOperator, context: dict[str, Any], table: str, **ti: Any) -> dict[str, Any]:
    return task.execute(context | {"ti": instance(table, **ti)})


def started(devo: Any, table: str) -> list[dict[str, Any]]:
    return [job for job in devo.jobs() if table in job["query"]]


def test_it_waits_for_the_end_and_tells_of_it(devo: Any, table: str, context: Any) -> None:
    told = run(operator(table), context, table)
    job = started(devo, table)[0]
    assert told == {
        "job_id": job["id"],
        "name": job["friendlyName"],
        "status": "COMPLETED",
        "destination": "donothing",
        "events": 2,
        "generated": 2,
        "query": f"from {table} where n > 1 select n",
        "window": {"from": "2026-01-01T08:00:00+00:00", "to": "2026-01-01T09:00:00+00:00"},
    }
    assert told["name"].startswith("airflow-a_dag-manual__2026-01-05T03-00-00")


# One job, however often


@pytest.mark.parametrize("store", [None, Store()], ids=["by name", "by id"])
def test_a_second_execute_finds_the_job(devo: Any, table: str, context: Any, store: Any) -> None:
    context["task_state_store"] = store
    first = run(operator(table), context, table)
    assert run(operator(table), context, table) == first
    assert len(devo.asked(path="/search/jobs")) == (2 if store is None else 1)
    assert len(started(devo, table)) == 1


def test_a_clear_and_a_mapped_sibling_start_anew(devo: Any, table: str, context: Any) -> None:
    context["task_state_store"] = Store()
    run(operator(table), context, table)
    # clear: max_tries = tries so far + retries
    run(operator(table), context, table, max_tries=3)
    run(operator(table), context, table, max_tries=3)
    for changes, ti in (({}, {"map_index": 1}), ({"name_prefix": "staging"}, {})):
        context["task_state_store"] = Store()
        run(operator(table, **changes), context, table, **ti)
    assert len({job["friendlyName"] for job in started(devo, table)}) == 4
    assert len(started(devo, table)) == 4


def test_the_state_store_of_another_cycle_does_not_count(devo: Any, table: str, context: Any) -> None:
    context["task_state_store"] = store = Store()
    first = run(operator(table), context, table)
    second = run(operator(table), context, table, max_tries=3)
    assert set(store.values()) == {first["job_id"], second["job_id"]}


def test_a_retry_starts_a_failed_job_anew(devo: Any, table: str, context: Any) -> None:
    devo.fault("job_errors", match=f"{JOB}/")
    task = endless(table)
    with pytest.raises(errors.DevoJobError, match="STOPPED: boom"):
        run(task, context, table)
    DevoJobs(DevoHook()).stop(started(devo, table)[0]["id"])
    told = run(operator(table), context, table)
    assert told["status"] == "COMPLETED"
    assert [job["status"] for job in started(devo, table)] == ["STOPPED", "COMPLETED"]


SCRIPT = """
import json, os, sys
sys.path.insert(0, {root!r})
from tests.operators.test_devo_job import endless, run
run(endless({table!r}), {{"params": {{}}}}, {table!r})
"""


@pytest.mark.slow
def test_a_worker_that_is_killed_leaves_one_job(devo: Any, table: str, context: Any, tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    worker = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(root=root, table=table)],
        env={**os.environ, "PYTHONPATH": root},
        stdout=(tmp_path / "out").open("w"),
        stderr=subprocess.STDOUT,
    )
    wait_until(lambda: started(devo, table) or worker.poll() is not None)
    worker.send_signal(signal.SIGKILL)
    worker.wait(PATIENCE)
    (orphan,) = started(devo, table)
    assert orphan["status"] == "RUNNING", (tmp_path / "out").read_text()
    task = endless(table)
    threading.Timer(0.5, lambda: DevoJobs(DevoHook()).stop(orphan["id"])).start()
    with pytest.raises(errors.DevoJobError, match=orphan["id"]):
        run(task, context, table)
    assert len(started(devo, table)) == 1


# Faults


@pytest.mark.parametrize("fault", ["refuse", "http_503", "job_5xx", "html_502", "empty_200"])
def test_looks_that_fail_are_repeated(
    devo: Any, no_pauses: None, table: str, context: Any, fault: str
) -> None:
    # more than a look asks by itself
    devo.fault(fault, match=f"{JOB}/", times=5)
    assert run(operator(table), context, table)["events"] == 2


def test_too_many_in_a_row_end_the_task_and_a_retry_finds_the_job(
    devo: Any, no_pauses: None, table: str, context: Any
) -> None:
    devo.fault("job_5xx", match=f"{JOB}/", times=100)
    with pytest.raises(errors.DevoTransientError):
        run(operator(table, max_poll_faults=1), context, table)
    devo.no_fault()
    run(operator(table), context, table)
    assert len(started(devo, table)) == 1


def test_credentials_refused_on_the_way_end_it_at_once(devo: Any, table: str, context: Any) -> None:
    devo.fault("auth", match=f"{JOB}/", times=2)
    with pytest.raises(errors.DevoAuthError):
        run(endless(table), context, table)


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({"query": "from nowhere.at.all"}, errors.DevoQueryError, "Unknown table"),
        ({"query": ""}, errors.DevoQueryError, "empty"),
        ({"from_": "yesterday"}, errors.DevoWindowError, "not an ISO 8601"),
        ({"destination": "s3"}, errors.DevoQueryError, "Bad parameters"),
        ({"destination_conn_id": "bare"}, errors.DevoConnectionConfigError, "no extra fields"),
    ],
)
def test_what_cannot_start(
    devo: Any, table: str, connect: Any, context: Any, changes: Any, kind: type[Exception], reason: str
) -> None:
    connect("bare", conn_type="generic", extra=None)
    os.environ["AIRFLOW_CONN_BARE"] = json.dumps({"conn_type": "generic"})
    with pytest.raises(kind, match=reason):
        run(operator(table, **changes), context, table)
    assert started(devo, table) == []


# Time is up, and kills


def test_a_job_that_takes_too_long_is_stopped(devo: Any, table: str, context: Any) -> None:
    with pytest.raises(
        errors.DevoJobError, match=r"within 0\.3 s and was stopped; last seen: job .* RUNNING"
    ):
        run(endless(table, job_timeout=0.3, poll_interval=60), context, table)
    assert [job["status"] for job in started(devo, table)] == ["STOPPED"]


def test_a_kill_stops_the_job_and_the_task(devo: Any, table: str, context: Any) -> None:
    task = endless(table, poll_interval=60)
    took: list[float] = []

    def killed(signum: int, frame: Any) -> None:
        before = time.monotonic()
        task.on_kill()
        took.append(time.monotonic() - before)

    former = signal.signal(signal.SIGUSR1, killed)
    pid = os.getpid()
    threading.Thread(
        target=lambda: (wait_until(lambda: task._own and task._own.id), os.kill(pid, signal.SIGUSR1)),
        daemon=True,
    ).start()
    began = time.monotonic()
    try:
        with pytest.raises(errors.DevoJobError, match=r"was killed; its job .* was told to stop"):
            run(task, context, table)
    finally:
        signal.signal(signal.SIGUSR1, former)
    assert took
    assert time.monotonic() - began < SOON
    assert [job["status"] for job in started(devo, table)] == ["STOPPED"]
    assert len(devo.asked(path=f"{JOB}/stop")) == 1


@pytest.mark.parametrize("fault", ["stall_headers", "refuse", "http_503", "auth"])
def test_a_kill_takes_little_time_whatever_devo_does(
    devo: Any, table: str, context: Any, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    task = endless(table, deferrable=True)
    with pytest.raises(TaskDeferred):
        run(task, context, table)
    devo.fault(fault, match=f"{JOB}/stop")
    before = time.monotonic()
    task.on_kill()
    assert time.monotonic() - before < SOON
    assert len(devo.asked(path=f"{JOB}/stop")) == 1


def test_a_kill_before_the_start_is_heard_stops_the_job(devo: Any, table: str, context: Any) -> None:
    task = endless(table)
    task.on_kill()
    assert devo.asked(path=JOB) == []
    with pytest.raises(errors.DevoJobError, match="was killed"):
        run(task, context, table)
    assert [job["status"] for job in started(devo, table)] == ["STOPPED"]


def test_a_kill_may_leave_the_job_alone(devo: Any, table: str, context: Any) -> None:
    task = endless(table, cancel_on_kill=False)
    task.on_kill()
    with pytest.raises(errors.DevoJobError, match="goes on in Devo"):
        run(task, context, table)
    assert [job["status"] for job in started(devo, table)] == ["RUNNING"]


# Deferred


def deferred(task: DevoJobOperator, context: Any, table: str) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        run(task, context, table)
    return caught.value


async def event_of(trigger: Any) -> dict[str, Any]:
    event = await asyncio.wait_for(anext(aiter(trigger.run())), PATIENCE)
    return json.loads(json.dumps(event.payload))


def test_it_defers_with_the_deadline_in_the_trigger(devo: Any, table: str, context: Any) -> None:
    told = deferred(endless(table, deferrable=True, job_timeout=100), context, table)
    (job,) = started(devo, table)
    assert (told.method_name, told.timeout, told.kwargs) == ("execute_complete", None, {"job_id": job["id"]})
    assert isinstance(told.trigger, DevoJobTrigger)
    assert told.trigger.job_id == job["id"]
    assert 95 < told.trigger.deadline - time.time() <= 100
    # a retry after a lost trigger
    assert deferred(endless(table, deferrable=True), context, table).trigger.job_id == job["id"]


def test_execution_timeout_counts_in_the_triggerer_too(table: str, context: Any) -> None:
    told = deferred(endless(table, deferrable=True, execution_timeout=timedelta(seconds=50)), context, table)
    assert 45 < told.trigger.deadline - time.time() <= 50


def test_a_job_that_is_over_is_not_deferred(table: str, context: Any) -> None:
    first = run(operator(table), context, table)
    assert run(operator(table, deferrable=True), context, table) == first


@pytest.mark.parametrize("ending", ["complete", "stopped", "timeout"])
def test_the_trigger_and_the_task_work_together(devo: Any, table: str, context: Any, ending: str) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2 if ending == "complete" else 3600)
    task = operator(
        table, to=end.isoformat(), deferrable=True, job_timeout=0.3 if ending == "timeout" else 60
    )
    told = deferred(task, context, table)
    (job,) = started(devo, table)
    if ending == "stopped":
        DevoJobs(DevoHook()).stop(job["id"])
    event = asyncio.run(event_of(told.trigger))
    resumed = operator(table, to=end.isoformat(), deferrable=True, job_timeout=0.3)
    if ending == "complete":
        result = resumed.execute_complete(context, event, **told.kwargs)
        assert (result["status"], result["events"], result["job_id"]) == ("COMPLETED", 2, job["id"])
        return
    reason = {"stopped": "is STOPPED", "timeout": r"within 0\.3 s and was stopped"}[ending]
    with pytest.raises(errors.DevoJobError, match=reason):
        resumed.execute_complete(context, event, **told.kwargs)
    assert [job["status"] for job in started(devo, table)] == ["STOPPED"]


def test_a_job_that_ends_between_the_last_look_and_the_stop_has_succeeded(
    devo: Any, table: str, context: Any
) -> None:
    done = run(operator(table), context, table)
    job = DevoJobs(DevoHook()).get(done["job_id"])
    event = {"status": "timeout", "job": {**job.to_dict(), "status": "RUNNING"}}
    assert operator(table).execute_complete(context, event, done["job_id"]) == done


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (None, errors.DevoDgaError),
        ({}, errors.DevoDgaError),
        ({"status": "over"}, errors.DevoDgaError),
        (
            {"status": "over", "job": {"id": "another", "status": "COMPLETED", "errors": []}},
            errors.DevoDgaError,
        ),
        ({"status": "fine", "job": {"id": "own", "status": "COMPLETED", "errors": []}}, errors.DevoDgaError),
        ({"status": "over", "job": {"id": "own", "status": "RUNNING", "errors": []}}, errors.DevoJobError),
        ({"status": "over", "job": {"id": "own", "status": "WORD", "errors": []}}, errors.DevoJobError),
        (
            {"status": "error", "job_id": "own", "error": "DevoAuthError", "message": "no"},
            errors.DevoAuthError,
        ),
        ({"status": "error", "job_id": "own", "error": "OSError", "message": "no"}, errors.DevoDgaError),
        (
            {"status": "error", "job_id": "another", "error": "DevoAuthError", "message": ""},
            errors.DevoDgaError,
        ),
    ],
)
def test_events_that_are_no_success(table: str, context: Any, event: Any, kind: type[Exception]) -> None:
    with pytest.raises(errors.DevoDgaError) as raised:
        operator(table).execute_complete(context, event, "own")
    assert type(raised.value) is kind


# With Airflow's own context


@pytest.mark.slow
@pytest.mark.parametrize("deferrable", [False, True])
def test_airflow_runs_it(
    devo: Any, table: str, airflow_database: None, deferrable: bool, tmp_path: Path
) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=8)
    with DAG(f"job_{table}", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        DevoJobOperator(
            task_id="ask",
            query=f"from {table}",
            from_="2026-01-01T08:00:00+00:00",
            to=end.isoformat(),
            destination="donothing",
            poll_interval=0.2,
            deferrable=deferrable,
            retries=0,
        )
    assert run_once(dag).state == "success"
    (job,) = started(devo, table)
    assert job["friendlyName"].startswith(f"airflow-job_{table}-manual__")
    assert (job["status"], job["eventsSent"]) == ("COMPLETED", 3)


# Secrets


def test_secret_params_come_from_a_connection(
    devo: Any, table: str, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = {"secretKey": "hush-hush-hush", "bucket": "b"}
    monkeypatch.setenv("AIRFLOW_CONN_BUCKET", json.dumps({"conn_type": "generic", "extra": extra}))
    task = endless(
        table,
        destination_conn_id="bucket",
        destination_params={"bucket": "c", "region": "r"},
        deferrable=True,
    )
    told = deferred(task, context, table)
    params = json.loads(devo.asked(table)[0]["body"])["destination"]["params"]
    assert params == {"friendlyName": params["friendlyName"], "region": "r", **extra}
    assert "hush" not in json.dumps(told.trigger.serialize()) + json.dumps(told.kwargs)
    from airflow.sdk._shared.secrets_masker import redact

    assert "hush" not in str(redact("the key is hush-hush-hush"))
