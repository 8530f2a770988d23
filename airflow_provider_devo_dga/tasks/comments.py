"""The pragma comments that name a task to Devo: its audit shows who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_devo_dga.tasks.identity import TaskIdentity

DEFAULT_COMMENTS = {"id": "airflow-provider-devo-dga", "user": "airflow"}
_LONGEST = 200


def comments_of(task: Any, context: Mapping[str, Any]) -> dict[str, str]:
    """Return comments with the Dag, task, run and try of an operator that asks; long names are cut."""
    who = TaskIdentity.of(task, context)
    attempt = f" try {who.attempt}"
    named = f"{who.dag_id} {who.task_id} {who.run_id}"
    return {**DEFAULT_COMMENTS, "free": named[: _LONGEST - len(attempt)] + attempt}
