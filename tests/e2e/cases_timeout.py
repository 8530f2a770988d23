"""The ``execution_timeout`` of a job inside Devo passes, in a worker and while the task is deferred."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.installation import Installation
from tests.e2e.outcomes import Tell
from tests.e2e.test_killed_job import starting, the_job


def job_timed_out(airflow: Installation, told: Tell, folder: Path) -> None:
    log = _timed_out(airflow, "e2e_job_timeout", f"e2e.{folder.name}")
    assert "is STOPPED" in log
    assert "AirflowTaskTimeout" in log
    told("DevoJobOperator, running", "execution_timeout", "failed", "1 job, 1 stop, stopped")


def deferred_job_timed_out(airflow: Installation, told: Tell, folder: Path) -> None:
    log = _timed_out(airflow, "e2e_deferred_job_timeout", f"e2e.{folder.name}")
    assert "did not end within 12 s and was stopped" in log
    told("DevoJobOperator, deferred", "execution_timeout", "failed", "1 job, 1 stop, stopped")


def _timed_out(airflow: Installation, dag_id: str, table: str) -> str:
    run = starting(airflow, dag_id, table, 600)
    job = the_job(airflow, table)
    assert job["status"] == "RUNNING"
    assert run.wait() == "failed"
    assert the_job(airflow, table)["status"] == "STOPPED"
    assert airflow.devo.stops(job["id"]) == 1
    return run.log("job")
