"""Who a task instance is: its names stay in each retry, and are nobody else's."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.execution_time.context import set_current_context

from airflow_provider_devo_dga.tasks.identity import TaskIdentity, own_comments

ONE = TaskIdentity("a_dag", "manual__2026-01-05T03:00:00+00:00", "a.task", -1, attempt=1, cycle=1)
OTHERS = [
    replace(ONE, dag_id="another"),
    replace(ONE, run_id="manual__2026-01-05T03:00:00+01:00"),
    replace(ONE, task_id="a-task"),
    replace(ONE, map_index=0),
    # parts are told apart
    replace(ONE, dag_id="a_dag-manual", run_id="x"),
    replace(ONE, dag_id="a_dag", run_id="manual-x"),
    replace(ONE, dag_id="ä" * 500),
    replace(ONE, dag_id="2nd"),
]


def task(retries: int = 2) -> Any:
    return SimpleNamespace(dag_id="a_dag", task_id="a_task", retries=retries)


def instance(**changes: int) -> Any:
    facts = {"map_index": 3, "try_number": 2, "max_tries": 2, **changes}
    return SimpleNamespace(dag_id="a_dag", run_id="a_run", task_id="a_group.a_task", **facts)


def test_it_is_the_task_instance_of_the_context() -> None:
    found = TaskIdentity.of(task(), {"ti": instance()})
    assert found == TaskIdentity("a_dag", "a_run", "a_group.a_task", 3, attempt=2, cycle=1)


def test_by_hand_it_is_a_first_try() -> None:
    assert TaskIdentity.of(task(), {"run_id": "a_run"}) == TaskIdentity("a_dag", "a_run", "a_task")
    assert TaskIdentity.of(task(), {"ti": None}).attempt == 1


@pytest.mark.parametrize(
    ("retries", "max_tries", "cycle"),
    # a clear after the second try makes max_tries those two and the retries
    [(2, 2, 1), (2, 2 + 2, 3), (0, 0, 1), (0, 5, 6)],
)
def test_a_clear_begins_a_cycle_and_a_retry_none(retries: int, max_tries: int, cycle: int) -> None:
    first, second = (
        TaskIdentity.of(task(retries), {"ti": instance(try_number=attempt, max_tries=max_tries)})
        for attempt in (cycle, cycle + 1)
    )
    assert first.cycle == second.cycle == cycle
    assert first.job_name("airflow") == second.job_name("airflow")


def test_a_retry_keeps_every_name_and_a_clear_the_place_but_not_the_job() -> None:
    retry, clear = replace(ONE, attempt=2), replace(ONE, attempt=3, cycle=3)
    assert retry.job_name("airflow") == ONE.job_name("airflow") != clear.job_name("airflow")
    for other in (retry, clear):
        assert other.cluster_key("airflow") == ONE.cluster_key("airflow")
        assert other.file_owner == ONE.file_owner


def test_no_other_task_has_the_same_names() -> None:
    everyone = [ONE, *OTHERS]
    names = [who.job_name("airflow") for who in everyone] + [ONE.job_name("staging")]
    keys = [who.cluster_key("airflow") for who in everyone] + [ONE.cluster_key("staging")]
    owners = [who.file_owner for who in everyone]
    for found in (names, keys, owners):
        assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name) for name in names)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{,74}", key) for key in [*keys, ONE.cluster_key("2nd")])
    assert all(owner.isalnum() for owner in owners)


def test_people_can_read_whose_name_it_is() -> None:
    assert re.fullmatch(
        r"airflow-a_dag-manual__2026-01-05T03-00-00-00-00-[0-9a-f]{16}", ONE.job_name("airflow")
    )
    assert re.fullmatch(
        r"airflow_a_dag_manual_2026_01_05T03_00_00_00_00_a_task_1_[0-9a-f]{12}", ONE.cluster_key("airflow")
    )


def test_comments_name_the_try_however_long_the_names_are() -> None:
    with set_current_context({"task": task(), "ti": instance()}):  # type: ignore[typeddict-item]
        assert own_comments()["free"] == "a_dag a_group.a_task a_run try 2"
    long = SimpleNamespace(**vars(instance()) | {"dag_id": "d" * 250})
    with set_current_context({"task": task(), "ti": long}):  # type: ignore[typeddict-item]
        free = own_comments()["free"]
    assert len(free) == 200
    assert free.endswith("d try 2")
