"""The scheduler dies during a run, alone or with its machine, and another one takes over."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from tests.e2e.airflow_processes import wait_until
from tests.e2e.cases_training import check_found_again, the_training, training
from tests.e2e.installation import Installation
from tests.e2e.test_killed_reading import EVENTS, numbers, parts, reading


def test_a_run_goes_on_under_the_next_scheduler(
    airflow: Installation, told: Callable[..., None], tmp_path: Path
) -> None:
    table = "e2e.scheduler.wait"
    airflow.devo.table(table)
    run = airflow.run("e2e_wait", table=table, folder=tmp_path.as_uri())
    run.wait_for("wait", "deferred")
    airflow.processes.kill("scheduler", signal.SIGKILL)
    airflow.devo.load(table, EVENTS)
    run.wait_for("wait", "scheduled")
    airflow.processes.start("scheduler")
    assert run.wait(120) == "success", run.states()
    assert sorted(numbers(tmp_path)) == list(range(len(EVENTS)))
    read = airflow.devo.queries(f"from {table} select n")
    assert len(read) == 1
    told("scheduler", "SIGKILL while a task is deferred", "success", "1 reading, 1 whole file")
    wait_until(airflow.processes.is_healthy, 60, "Airflow is not well")


def test_tasks_lost_with_their_machine_are_tried_again(
    airflow: Installation, told: Callable[..., None], tmp_path: Path
) -> None:
    table = "e2e.scheduler.lost"
    rows, models = tmp_path / "rows", tmp_path / "e2e_lost"
    rows.mkdir()
    models.mkdir()
    trained = training(airflow, models, 45)
    job = the_training(airflow, models.name)
    run, _ = reading(airflow, table, rows)
    airflow.processes.lose("scheduler")
    assert len(parts(rows)) == 1, "nobody was there to tidy up"
    assert airflow.h2o.statuses(models.name) == ["RUNNING"], "it was killed too late to tell anything"
    airflow.processes.start("scheduler")
    assert run.wait(150) == "success", run.states()
    assert sorted(numbers(rows)) == list(range(len(EVENTS)))
    asked = airflow.devo.queries(table)
    assert len(asked) == 2
    told(
        "scheduler, workers, tasks",
        "SIGKILL of all, mid file",
        f"success at try {run.task('read')['try_number']}",
        f"{len(asked)} queries, 1 whole file",
    )
    check_found_again(airflow, trained, models, job)
    told(
        "H2OTrainOperator",
        "SIGKILL of scheduler, workers, tasks",
        "success at try 2",
        "1 training, found again, 1 MOJO",
    )
    wait_until(airflow.processes.is_healthy, 60, "Airflow is not well")
