"""DevoJobOperator starts one job at a real sandbox, however often it is asked for."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_provider_devo_dga import errors
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_jobs import DevoJobs
from airflow_provider_devo_dga.operators.devo_job import DevoJobOperator
from tests.one_run import run_once
from tests.operators.job_tasks import JOB, deferred, endless, operator, run, started


class Store(dict[str, Any]):
    """As much of Airflow's task state store as lives in this process."""

    def set(self, key: str, value: Any, *, retention: timedelta) -> None:
        assert retention is timedelta.max
        self[key] = value


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
