"""A task that reads an answer which takes its time is killed in the middle of its file."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.airflow_processes import is_alive, kill_task, wait_until
from tests.e2e.installation import SIGNED, Installation
from tests.e2e.rest_api import Run

EVENTS = [{"eventdate": 1767254400000 + n, "n": n} for n in range(400)]


def reading(
    airflow: Installation, table: str, folder: Path, conn_id: str = "devo_default"
) -> tuple[Run, int]:
    """Return a run that is in the middle of its file, and the number of the process that writes it."""
    airflow.devo.table(table, EVENTS)
    airflow.devo.fault("slow_drip", after_rows=20, delay_s=0.1)
    run = airflow.run("e2e_read", table=table, folder=folder.as_uri(), devo_conn_id=conn_id)
    pid = run.wait_for("read", "running")["pid"]
    wait_until(lambda: parts(folder) and airflow.devo.queries(table), 60, "no file was begun")
    time.sleep(1)
    assert [file.name for file in folder.iterdir()] == parts(folder), "the file appeared too early"
    return run, pid


def parts(folder: Path) -> list[str]:
    """Return the unfinished files in a folder."""
    return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


def numbers(folder: Path) -> list[int]:
    """Return what the one file of a folder holds."""
    assert [path.name for path in folder.iterdir()] == ["rows.ndjson"]
    return [json.loads(line)["n"] for line in (folder / "rows.ndjson").read_text().splitlines()]


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_a_killed_try_is_followed_by_a_whole_file(
    airflow: Installation, told: Callable[..., None], tmp_path: Path, sent: signal.Signals
) -> None:
    table = f"e2e.read.{sent.name.lower()}"
    run, pid = reading(airflow, table, tmp_path, SIGNED if sent == signal.SIGTERM else "devo_default")
    kill_task(pid, sent)
    wait_until(lambda: not is_alive(pid), 5, "the task goes on", every=0.05)
    if sent == signal.SIGTERM:
        assert parts(tmp_path) == [], "it was there to tidy up, and did not"
    assert run.wait() == "success", run.log("read", 2)
    assert sorted(numbers(tmp_path)) == list(range(len(EVENTS)))
    assert run.task("read")["try_number"] == 2
    asked = airflow.devo.queries(table)
    assert [request["fault"] for request in asked] == ["slow_drip", None]
    assert airflow.devo.connections() == 0
    told(
        "DevoQueryOperator",
        f"{sent.name} mid file",
        "success at try 2",
        f"{len(asked)} queries, 1 whole file",
    )


def test_a_reading_marked_failed_stops_and_leaves_nothing(
    airflow: Installation, told: Callable[..., None], tmp_path: Path
) -> None:
    table = "e2e.read.marked"
    run, pid = reading(airflow, table, tmp_path)
    run.mark_failed("read")
    began = time.monotonic()
    # Airflow's supervisor hears of it with its next heartbeat, then gives the task 5 s
    wait_until(lambda: not is_alive(pid), 12, "the task goes on", every=0.05)
    seconds = time.monotonic() - began
    assert list(tmp_path.iterdir()) == []
    assert "told to stop" in run.log("read")
    assert airflow.devo.connections() == 0
    assert run.wait() == "failed"
    assert run.states() == {"read": "failed"}
    assert len(airflow.devo.queries(table)) == 1
    told(
        "DevoQueryOperator", "marked failed mid file", f"failed, gone in {seconds:.1f} s", "1 query, no file"
    )
