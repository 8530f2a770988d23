"""DevoJobOperator when time is up, and when it or its worker is killed: one job, and it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga import errors
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_jobs import DevoJobs
from tests.operators.job_tasks import JOB, deferred, endless, run, started
from tests.waiting import PATIENCE, SOON, wait_until

SCRIPT = """
import json, os, sys
sys.path.insert(0, {root!r})
from tests.operators.job_tasks import endless, run
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
    deferred(task, context, table)
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
