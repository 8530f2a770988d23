"""The pragma comments that name a task to Devo: its audit shows who asked."""

from __future__ import annotations

from airflow_provider_devo_dga.tasks.identity import TaskIdentity

_LONGEST = 200


def own_comments() -> dict[str, str]:
    """Return comments with the Dag, task, run and try that runs here, none of them outside of a task.

    Long names are cut.
    """
    comments = {"id": "airflow-provider-devo-dga", "user": "airflow"}
    if who := TaskIdentity.running():
        attempt = f" try {who.attempt}"
        named = f"{who.dag_id} {who.task_id} {who.run_id}"
        comments["free"] = named[: _LONGEST - len(attempt)] + attempt
    return comments
