"""A deferred sensor, while the triggerer dies, or a person clears it or marks it failed."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.airflow_processes import is_alive, wait_until
from tests.e2e.installation import SIGNED, Installation
from tests.e2e.rest_api import Run
from tests.e2e.test_killed_reading import EVENTS, numbers

POKE_SECONDS = 2


def waiting(airflow: Installation, table: str, folder: Path, **conf: str) -> Run:
    """Return a run whose sensor is deferred and has asked from the triggerer."""
    airflow.devo.table(table)
    run = airflow.run("e2e_wait", table=table, folder=folder.as_uri(), **conf)
    run.wait_for("wait", "deferred")
    wait_until(lambda: len(airflow.devo.queries(table)) >= 2, 60, "the trigger has not asked")
    return run


def readings(airflow: Installation, table: str) -> int:
    """Return how often the task after the sensor has read."""
    return len(airflow.devo.queries(f"from {table} select n"))


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_a_wait_outlives_the_triggerer(
    airflow: Installation, told: Callable[..., None], tmp_path: Path, sent: signal.Signals
) -> None:
    table = f"e2e.wait.{sent.name.lower()}"
    run = waiting(airflow, table, tmp_path, devo_conn_id=SIGNED)
    airflow.processes.kill("triggerer", sent)
    asked = len(airflow.devo.queries(table))
    airflow.processes.start("triggerer")
    wait_until(lambda: len(airflow.devo.queries(table)) > asked, 90, "the new triggerer does not ask")
    assert run.task("wait")["state"] == "deferred"
    airflow.devo.load(table, EVENTS)
    assert run.wait() == "success", run.states()
    assert run.task("wait")["try_number"] == 1
    assert sorted(numbers(tmp_path)) == list(range(len(EVENTS)))
    assert readings(airflow, table) == 1
    told(
        "DevoQuerySensor, deferred",
        f"{sent.name} of the triggerer",
        "success at try 1",
        "1 reading, 1 whole file",
    )
    wait_until(airflow.processes.is_healthy, 60, "Airflow is not well")


def test_a_cleared_wait_starts_anew(airflow: Installation, told: Callable[..., None], tmp_path: Path) -> None:
    table = "e2e.wait.cleared"
    run = waiting(airflow, table, tmp_path)
    run.clear("wait")

    def anew() -> bool:
        # not the trigger's id: SQLite gives that of a deleted row again
        task = run.task("wait")
        return (task["state"], task["try_number"]) == ("deferred", 2)

    wait_until(anew, 60, "the sensor is not deferred anew")
    time.sleep(POKE_SECONDS)
    asked = len(airflow.devo.queries(table))
    time.sleep(3 * POKE_SECONDS)
    assert 1 <= len(airflow.devo.queries(table)) - asked <= 4, "one trigger asks, not two"
    airflow.devo.load(table, EVENTS)
    assert run.wait() == "success", run.states()
    assert readings(airflow, table) == 1
    told("DevoQuerySensor, deferred", "cleared", "success", "1 trigger at a time, 1 reading")


def test_a_wait_marked_failed_asks_no_more(
    airflow: Installation, told: Callable[..., None], tmp_path: Path
) -> None:
    table = "e2e.wait.marked"
    run = waiting(airflow, table, tmp_path)
    run.mark_failed("wait")
    wait_until(lambda: airflow.devo.connections() == 0, 30, "the trigger's connection is still open")
    asked = len(airflow.devo.queries(table))
    time.sleep(3 * POKE_SECONDS)
    assert len(airflow.devo.queries(table)) == asked
    assert run.wait() == "failed"
    assert run.states() == {"wait": "failed", "read": "upstream_failed"}
    assert readings(airflow, table) == 0
    told("DevoQuerySensor, deferred", "marked failed", "failed", "no further question, no connection")


def test_a_poking_wait_marked_failed_stops(airflow: Installation, told: Callable[..., None]) -> None:
    table = "e2e.wait.poking"
    airflow.devo.table(table)
    run = airflow.run("e2e_poke", table=table)
    pid = run.wait_for("wait", "running")["pid"]
    wait_until(lambda: airflow.devo.queries(table), 60, "the sensor has not asked")
    run.mark_failed("wait")
    wait_until(lambda: not is_alive(pid), 12, "the task goes on", every=0.05)
    assert "told to stop" in run.log("wait")
    assert run.wait() == "failed"
    assert airflow.devo.connections() == 0
    told("DevoQuerySensor, poking", "marked failed", "failed", "no further question, no connection")
