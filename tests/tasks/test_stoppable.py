"""SIGTERM ends a reading or a wait at once, and nothing unfinished stays behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from airflow_provider_devo_dga.tasks.identity import TaskIdentity
from airflow_provider_devo_dga.tasks.stoppable import StoppableMixin, TaskKilledError
from tests.waiting import SOON, wait_until

HOUR = {"from_": "2026-01-01T08:00:00+00:00", "to": "2026-01-01T09:00:00+00:00"}


@contextmanager
def killed_when(is_time: Callable[[], bool], task: Any) -> Iterator[list[float]]:
    """Send this process SIGTERM a second after it is time; yield what will hold the moment.

    It is answered as Airflow does: by ``on_kill`` alone.
    """
    sent: list[float] = []
    former = signal.signal(signal.SIGTERM, lambda *_: task.on_kill())

    def kill() -> None:
        wait_until(is_time)
        time.sleep(1)  # rows are on their way by then
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield sent
    finally:
        thread.join()
        signal.signal(signal.SIGTERM, former)


@pytest.mark.parametrize("fault", ["slow_drip", "stall"])
def test_a_killed_reading_ends_at_once_and_leaves_no_file(
    devo: Any, devo_connections: None, context: Any, tmp_path: Path, fault: str
) -> None:
    table = devo.table([{"n": n} for n in range(500)], n="int4")
    devo.fault(fault, after_rows=20)
    file = tmp_path / "rows.ndjson"
    task = DevoQueryOperator(
        task_id="ask", query=f"from {table}", output_path=file.as_uri(), file_format="ndjson", **HOUR
    )
    with (
        killed_when(lambda: bool(devo.asked(table)) and any(tmp_path.iterdir()), task) as sent,
        pytest.raises(TaskKilledError),
    ):
        task.execute(context)
    assert time.monotonic() - sent[0] < SOON
    assert list(tmp_path.iterdir()) == []
    assert len(devo.asked(table)) == 1


def test_a_killed_wait_ends_at_once(devo: Any, devo_connections: None, context: Any) -> None:
    table = devo.table(n="int4")
    task = DevoQuerySensor(task_id="wait", query=f"from {table}", poke_interval=60, timeout=90, **HOUR)
    with killed_when(lambda: bool(devo.asked(table)), task) as sent, pytest.raises(TaskKilledError):
        task.execute(context | {"ti": None, "task": task})
    assert time.monotonic() - sent[0] < SOON


def test_a_second_signal_does_not_disturb_the_tidying_up() -> None:
    task = StoppableMixin()

    def work() -> None:
        with task.stopped_by_kill():
            try:
                task.on_kill()
            finally:
                tidied.append(task.on_kill())

    tidied: list[None] = []
    with pytest.raises(TaskKilledError):
        work()
    assert tidied == [None]


def test_there_is_nothing_to_stop_outside_the_work() -> None:
    task = StoppableMixin()
    with task.stopped_by_kill():
        pass
    task.on_kill()


def test_a_later_try_removes_what_a_dead_one_left(
    devo: Any, devo_connections: None, context: Any, tmp_path: Path
) -> None:
    table = devo.table([{"n": 1}], n="int4")
    task = DevoQueryOperator(
        task_id="ask",
        query=f"from {table}",
        output_path=f"{tmp_path.as_uri()}/rows.ndjson",
        file_format="ndjson",
        **HOUR,
    )
    context["ti"] = SimpleNamespace(
        dag_id="a_dag", run_id="a_run", task_id="ask", map_index=-1, try_number=2, max_tries=2
    )
    owner = TaskIdentity("a_dag", "a_run", "ask").file_owner
    left = tmp_path / f".rows.ndjson.{owner}.0a1b2c3d.part"
    others = tmp_path / ".rows.ndjson.another.0a1b2c3d.part"
    for part in (left, others):
        part.write_bytes(b"half")
    task.execute(context)
    assert sorted(path.name for path in tmp_path.iterdir()) == [others.name, "rows.ndjson"]
