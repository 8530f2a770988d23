"""A job inside Devo outlives its worker and is found again; a kill on purpose stops it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.airflow_processes import is_alive, kill_task, wait_until
from tests.e2e.installation import Installation
from tests.e2e.rest_api import Run


def starting(airflow: Installation, dag_id: str, table: str, seconds: float) -> Run:
    """Return a run whose job ends in so many seconds, since that is the end of its window."""
    airflow.devo.table(table)
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
    begin = (end - timedelta(hours=1)).isoformat()
    return airflow.run(dag_id, **{"table": table, "from": begin, "to": end.isoformat()})


def the_job(airflow: Installation, table: str) -> dict[str, Any]:
    """Return the one job over a table, as soon as it is there."""
    found: list[dict[str, Any]] = wait_until(lambda: airflow.devo.jobs(table), 60, "no job was started")
    assert len(found) == 1
    return found[0]


def test_a_job_outlives_its_task_and_is_found_again(airflow: Installation, told: Callable[..., None]) -> None:
    table = "e2e.job.killed"
    run = starting(airflow, "e2e_job", table, 20)
    job = the_job(airflow, table)
    wait_until(lambda: airflow.devo.looks(job["id"]), 30, "the task has not looked at its job")
    kill_task(run.wait_for("job", "running")["pid"], signal.SIGKILL)
    wait_until(lambda: run.task("job")["try_number"] == 2, 30, "there is no second try")
    assert the_job(airflow, table)["status"] == "RUNNING", "it was killed too late to tell anything"
    assert run.wait() == "success", run.log("job", 2)
    assert run.returned("job")["job_id"] == job["id"]
    assert the_job(airflow, table)["status"] == "COMPLETED"
    assert airflow.devo.stops(job["id"]) == 0
    told("DevoJobOperator", "SIGKILL while the job runs", "success at try 2", "1 job, found again, 0 stops")


@pytest.mark.parametrize(("dag_id", "waits"), [("e2e_job", "running"), ("e2e_deferred_job", "deferred")])
def test_a_job_marked_failed_is_stopped(
    airflow: Installation, told: Callable[..., None], dag_id: str, waits: str
) -> None:
    table = f"e2e.job.{waits}"
    run = starting(airflow, dag_id, table, 600)
    job = the_job(airflow, table)
    pid = run.wait_for("job", waits)["pid"]
    wait_until(lambda: airflow.devo.looks(job["id"]), 30, "nobody has looked at the job")
    run.mark_failed("job")
    wait_until(lambda: the_job(airflow, table)["status"] == "STOPPED", 30, "the job goes on")
    if waits == "running":
        wait_until(lambda: not is_alive(pid), 12, "the task goes on", every=0.05)
    assert run.wait() == "failed"
    assert airflow.devo.stops(job["id"]) == 1
    told(f"DevoJobOperator, {waits}", "marked failed", "failed", "1 job, 1 stop, stopped")
