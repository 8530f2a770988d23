"""The pragma comments that name a task to Devo: its audit shows who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULT_COMMENTS = {"id": "airflow-provider-devo-dga", "user": "airflow"}
_LONGEST = 200


def comments_of(context: Mapping[str, Any]) -> dict[str, str]:
    """Return comments with Dag, task, run and try of a task's context, as far as it has them."""
    task = context.get("ti") or context.get("task_instance")
    attempt = getattr(task, "try_number", None)
    parts = (
        getattr(task, "dag_id", None),
        getattr(task, "task_id", None),
        context.get("run_id"),
        f"try {attempt}" if attempt else None,
    )
    named = " ".join(str(part) for part in parts if part)
    return {**DEFAULT_COMMENTS, "free": named[:_LONGEST]} if named else dict(DEFAULT_COMMENTS)
