"""DevoJobOperator deferred: what its trigger is told, and what the task makes of the event."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_devo_dga import errors
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_jobs import DevoJobs
from airflow_provider_devo_dga.triggers.devo_job import DevoJobTrigger
from tests.operators.job_tasks import deferred, endless, operator, run, started
from tests.waiting import PATIENCE


async def event_of(trigger: Any) -> dict[str, Any]:
    event = await asyncio.wait_for(anext(aiter(trigger.run())), PATIENCE)
    return json.loads(json.dumps(event.payload))


def test_it_defers_with_the_deadline_in_the_trigger(devo: Any, table: str, context: Any) -> None:
    told = deferred(endless(table, deferrable=True, job_timeout=100), context, table)
    (job,) = started(devo, table)
    assert (told.method_name, told.timeout, told.kwargs) == ("execute_complete", None, {"job_id": job["id"]})
    assert isinstance(told.trigger, DevoJobTrigger)
    assert told.trigger.job_id == job["id"]
    assert 95 < told.trigger.deadline - time.time() <= 100
    # a retry after a lost trigger
    assert deferred(endless(table, deferrable=True), context, table).trigger.job_id == job["id"]


def test_execution_timeout_counts_in_the_triggerer_too(table: str, context: Any) -> None:
    told = deferred(endless(table, deferrable=True, execution_timeout=timedelta(seconds=50)), context, table)
    assert 45 < told.trigger.deadline - time.time() <= 50


def test_a_job_that_is_over_is_not_deferred(table: str, context: Any) -> None:
    first = run(operator(table), context, table)
    assert run(operator(table, deferrable=True), context, table) == first


@pytest.mark.parametrize("ending", ["complete", "stopped", "timeout"])
def test_the_trigger_and_the_task_work_together(devo: Any, table: str, context: Any, ending: str) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2 if ending == "complete" else 3600)
    task = operator(
        table, to=end.isoformat(), deferrable=True, job_timeout=0.3 if ending == "timeout" else 60
    )
    told = deferred(task, context, table)
    (job,) = started(devo, table)
    if ending == "stopped":
        DevoJobs(DevoHook()).stop(job["id"])
    event = asyncio.run(event_of(told.trigger))
    resumed = operator(table, to=end.isoformat(), deferrable=True, job_timeout=0.3)
    if ending == "complete":
        result = resumed.execute_complete(context, event, **told.kwargs)
        assert (result["status"], result["events"], result["job_id"]) == ("COMPLETED", 2, job["id"])
        return
    reason = {"stopped": "is STOPPED", "timeout": r"within 0\.3 s and was stopped"}[ending]
    with pytest.raises(errors.DevoJobError, match=reason):
        resumed.execute_complete(context, event, **told.kwargs)
    assert [job["status"] for job in started(devo, table)] == ["STOPPED"]


def test_a_job_that_ends_between_the_last_look_and_the_stop_has_succeeded(
    devo: Any, table: str, context: Any
) -> None:
    done = run(operator(table), context, table)
    job = DevoJobs(DevoHook()).get(done["job_id"])
    event = {"status": "timeout", "job": {**job.to_dict(), "status": "RUNNING"}}
    assert operator(table).execute_complete(context, event, done["job_id"]) == done


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (None, errors.DevoDgaError),
        ({}, errors.DevoDgaError),
        ({"status": "over"}, errors.DevoDgaError),
        (
            {"status": "over", "job": {"id": "another", "status": "COMPLETED", "errors": []}},
            errors.DevoDgaError,
        ),
        ({"status": "fine", "job": {"id": "own", "status": "COMPLETED", "errors": []}}, errors.DevoDgaError),
        ({"status": "over", "job": {"id": "own", "status": "RUNNING", "errors": []}}, errors.DevoJobError),
        ({"status": "over", "job": {"id": "own", "status": "WORD", "errors": []}}, errors.DevoJobError),
        (
            {"status": "error", "job_id": "own", "error": "DevoAuthError", "message": "no"},
            errors.DevoAuthError,
        ),
        ({"status": "error", "job_id": "own", "error": "OSError", "message": "no"}, errors.DevoDgaError),
        (
            {"status": "error", "job_id": "another", "error": "DevoAuthError", "message": ""},
            errors.DevoDgaError,
        ),
    ],
)
def test_events_that_are_no_success(table: str, context: Any, event: Any, kind: type[Exception]) -> None:
    with pytest.raises(errors.DevoDgaError) as raised:
        operator(table).execute_complete(context, event, "own")
    assert type(raised.value) is kind
