"""A job inside Devo, followed by a worker of Celery that is lost, or told to end."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.e2e.airflow_processes import CELERY_WORKER, wait_until
from tests.e2e.installation import Installation
from tests.e2e.outcomes import Tell
from tests.e2e.test_killed_job import starting, the_job

ABSENT = "needs redis-server and apache-airflow-providers-celery"


def celery_worker(airflow: Installation, told: Tell, folder: Path) -> None:
    if not airflow.celery:
        pytest.skip(ABSENT)
    _lost(airflow, told, f"e2e.{folder.name}.lost")
    _told_to_end(airflow, told, f"e2e.{folder.name}.ended")


def _lost(airflow: Installation, told: Tell, table: str) -> None:
    run = starting(airflow, "e2e_celery_job", table, 50)
    job = the_job(airflow, table)
    wait_until(lambda: airflow.devo.looks(job["id"]), 30, "the task has not looked at its job")
    airflow.processes.lose(CELERY_WORKER)
    assert the_job(airflow, table)["status"] == "RUNNING", "it was killed too late to tell anything"
    airflow.processes.start(CELERY_WORKER)
    assert run.wait(150) == "success", run.log("job", 2)
    assert run.task("job")["try_number"] == 2
    assert run.returned("job")["job_id"] == job["id"]
    assert the_job(airflow, table)["status"] == "COMPLETED"
    assert airflow.devo.stops(job["id"]) == 0
    told(
        "Celery's worker, DevoJobOperator",
        "SIGKILL of worker and task",
        "success at try 2",
        "1 job, found again, 0 stops",
    )


def _told_to_end(airflow: Installation, told: Tell, table: str) -> None:
    run = starting(airflow, "e2e_celery_job", table, 20)
    job = the_job(airflow, table)
    wait_until(lambda: airflow.devo.looks(job["id"]), 30, "the task has not looked at its job")
    # Celery's warm shutdown: it takes no more tasks, and waits for those that it has
    airflow.processes.kill(CELERY_WORKER, signal.SIGTERM)
    assert run.task("job")["state"] == "success", "the worker has not waited for its task"
    airflow.processes.start(CELERY_WORKER)
    assert run.wait() == "success", run.log("job")
    assert run.task("job")["try_number"] == 1
    assert the_job(airflow, table)["status"] == "COMPLETED"
    assert airflow.devo.stops(job["id"]) == 0
    told(
        "Celery's worker, DevoJobOperator",
        "SIGTERM of the worker",
        "success at try 1, which it waits for",
        "1 job, 0 stops",
    )
