"""The pragma comments that name a task to Devo: its audit shows who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULT_COMMENTS = {"id": "airflow-provider-devo-dga", "user": "airflow"}
_LONGEST = 200


def comments_of(task: Any, context: Mapping[str, Any]) -> dict[str, str]:
    """Return comments with the Dag, task, run and try.

    :param task: the operator that asks.
    :param context: its context; what it lacks is left out.
    """
    attempt = getattr(context.get("ti"), "try_number", None)
    parts = (task.dag_id, task.task_id, context.get("run_id"), f"try {attempt}" if attempt else None)
    named = " ".join(str(part) for part in parts if part)
    return {**DEFAULT_COMMENTS, "free": named[:_LONGEST]}
