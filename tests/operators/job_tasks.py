"""Tasks that start a job at the sandbox, and what the sandbox knows of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_devo_dga.operators.devo_job import DevoJobOperator

JOB = "/search/job"


def instance(table: str, *, max_tries: int = 2, map_index: int = -1) -> Any:
    return SimpleNamespace(
        dag_id="a_dag",
        run_id=f"manual__2026-01-05T03:00:00+00:00_{table}",
        task_id="ask",
        map_index=map_index,
        try_number=1,
        max_tries=max_tries,
    )


def operator(table: str, **changes: Any) -> DevoJobOperator:
    arguments = {
        "query": f"from {table} where n > 1 select n",
        "from_": "2026-01-01T08:00:00+00:00",
        "to": "2026-01-01T09:00:00+00:00",
        "destination": "donothing",
        "poll_interval": 0.05,
        "retries": 2,
        "deferrable": False,
    }
    with DAG("a_dag", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
        return DevoJobOperator(task_id="ask", **(arguments | changes))


def endless(table: str, **changes: Any) -> DevoJobOperator:
    """Return a task whose job runs as long as nobody stops it."""
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    return operator(table, to=end.isoformat(), **changes)


def run(task: DevoJobOperator, context: dict[str, Any], table: str, **ti: Any) -> dict[str, Any]:
    return task.execute(context | {"ti": instance(table, **ti)})


def started(devo: Any, table: str) -> list[dict[str, Any]]:
    return [job for job in devo.jobs() if table in job["query"]]


def deferred(task: DevoJobOperator, context: Any, table: str) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        run(task, context, table)
    return caught.value
