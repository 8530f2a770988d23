"""Why a run has no report, as far as Airflow knows, and what to do about it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from airflow.models.taskinstance import TaskInstance
from airflow.utils.log.log_reader import TaskLogReader
from airflow.utils.state import TaskInstanceState
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from airflow_provider_devo_dga.plugins.run_sources import REPORTING
from airflow_provider_devo_dga.redaction import heard
from airflow_provider_devo_dga.reports.page.text import visible

log = logging.getLogger(__name__)

_TRAINING = "H2OTrainOperator"
_LONGEST_LINE = 600
_LINES_READ = 20_000
_WAITING = {
    TaskInstanceState.DEFERRED: "waits for Devo",
    TaskInstanceState.UP_FOR_RESCHEDULE: "waits for Devo",
    TaskInstanceState.UP_FOR_RETRY: "failed and will be tried again",
    TaskInstanceState.RUNNING: "is running",
    TaskInstanceState.QUEUED: "is queued",
    TaskInstanceState.SCHEDULED: "is scheduled",
    TaskInstanceState.RESTARTING: "is restarting",
}


@dataclass(frozen=True, slots=True)
class Missing:
    """An answer to: where is the report?

    :param line: the last line that the task that failed has told; None when there is none to show.
    :param steps: what to do.
    """

    title: str
    text: str
    line: str | None = None
    steps: Sequence[str] = ()


def why_missing(dag_id: str, run_id: str, session: Any, *, with_logs: bool, map_index: int = -1) -> Missing:
    """Say why there is neither a report nor a model card of a run.

    :param with_logs: whether the user may read logs of the Dag's tasks.
    :param map_index: of the source that is asked about; -1 for all.
    """
    of_run = select(TaskInstance).where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
    if map_index >= 0:
        of_run = of_run.where(TaskInstance.map_index == map_index)
    tasks = list(session.scalars(of_run.options(joinedload(TaskInstance.dag_run))))
    if not tasks:
        return Missing("There is no such run", "It was deleted, or its address is mistyped.")
    failed = [task for task in tasks if task.state == TaskInstanceState.FAILED]
    if failed:
        first = min(failed, key=lambda task: (task.end_date is None, task.end_date))
        return _failed(first, with_logs)
    under_way = next((task for task in tasks if task.state in _WAITING), None)
    if under_way is not None:
        return Missing(
            "This run has no report yet",
            f"Its task {under_way.task_id} {_WAITING[TaskInstanceState(under_way.state)]}.",
            steps=["Load this page again when the run has come further."],
        )
    made_by = [task for task in tasks if task.operator in {REPORTING, _TRAINING}]
    if not made_by:
        return Missing(
            "This run has no report",
            f"None of its tasks is a {REPORTING} or a {_TRAINING}, which make reports and model cards.",
        )
    return _without_result(made_by[0])


def _failed(task: Any, with_logs: bool) -> Missing:
    return Missing(
        "This run has no report: a task failed",
        f"{task.task_id} failed at try {task.try_number} of {task.max_tries + 1}.",
        _last_line(task) if with_logs else None,
        [
            f"Read the log of {task.task_id}: errors of this provider say their cause and what to do.",
            "When that is mended, clear the task: the run goes on from there, and the report replaces none.",
        ],
    )


def _without_result(task: Any) -> Missing:
    if task.state == TaskInstanceState.SKIPPED:
        text, step = f"{task.task_id} was skipped.", "See which task before it decided so."
    elif task.state == TaskInstanceState.SUCCESS:
        text = f"{task.task_id} succeeded, but what it returned is not in Airflow's database any more."
        step = "The page of all reports may still show it; clear the task to have it made again."
    else:
        text = f"{task.task_id} has not run: its state is {task.state or 'none'}."
        step = "Clear the task to have it run."
    return Missing("This run has no report", text, steps=[step])


def _last_line(task: Any) -> str | None:
    """Return the error at the end of a task's log; Airflow has masked its secrets, we hide ours again."""
    try:
        lines, _ = TaskLogReader().read_log_chunks(task, task.try_number, {"end_of_log": False})
        told = [said for line in islice(lines, _LINES_READ) if (said := _error(line.model_dump()))]
    except Exception:
        # a log server that does not answer is no reason to show nothing
        log.exception("The log of a task cannot be read")
        return None
    return visible(heard(told[-1], _LONGEST_LINE)) if told else None


def _error(line: dict[str, Any]) -> str | None:
    if details := line.get("error_detail"):
        # what was raised comes first, its causes after it
        raised = details[0]
        return f"{raised.get('exc_type')}: {raised.get('exc_value')}"
    return str(line["event"]) if line.get("level") in {"error", "critical"} else None
