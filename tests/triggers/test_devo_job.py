"""DevoJobTrigger follows a job of a real sandbox without blocking, and ends with one event."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest

from airflow_provider_devo_dga.devo_api.jobs import Job
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_jobs import DevoJobs
from airflow_provider_devo_dga.triggers.devo_job import DevoJobTrigger
from tests.waiting import PATIENCE, until

JOB = "/search/job"


def trigger_for(job: Job, **changes: Any) -> DevoJobTrigger:
    arguments = {
        "job_id": job.id,
        "devo_conn_id": "devo_default",
        "poll_interval": 0.05,
        "deadline": time.time() + 20,
    }
    return DevoJobTrigger(**(arguments | changes))


async def event_of(trigger: DevoJobTrigger, seconds: float = PATIENCE) -> dict[str, Any]:
    async def only() -> dict[str, Any]:
        events = [event.payload async for event in trigger.run()]
        assert len(events) == 1
        return events[0]

    event = await asyncio.wait_for(only(), seconds)
    assert json.loads(json.dumps(event)) == event
    return event


def status_of(job: Job) -> str:
    return DevoJobs(DevoHook()).get(job.id).status


@pytest.fixture
def job(devo: Any, devo_connections: None) -> Job:
    """Return a job that runs as long as nobody stops it."""
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    table = devo.table([{"n": 1}, {"n": 2}], n="int4")
    window = Window(devo.window["from_"], end)
    return DevoJobs(DevoHook()).submit(f"from {table}", window, "donothing", {}, f"followed {table}")


@pytest.fixture
def done(devo: Any, devo_connections: None) -> Job:
    """Return a job that is complete, or nearly."""
    window = Window(devo.window["from_"], devo.window["to"])
    table = devo.table([{"n": 1}, {"n": 2}], n="int4")
    return DevoJobs(DevoHook()).submit(f"from {table}", window, "donothing", {}, f"done {table}")


async def test_it_fires_when_the_job_is_complete(done: Job) -> None:
    event = await event_of(trigger_for(done))
    assert (event["status"], event["job"]["status"], event["job"]["sent"]) == ("over", "COMPLETED", 2)
    assert Job.from_dict(event["job"]).succeeded


async def test_it_waits_without_blocking_and_fires_when_someone_stops_the_job(devo: Any, job: Job) -> None:
    waiting = asyncio.create_task(event_of(trigger_for(job)))
    longest, last = 0.0, time.monotonic()
    for _ in range(50):
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert longest < 0.5
    assert not waiting.done()
    assert len(devo.asked(path=f"{JOB}/{job.id}")) > 1
    await asyncio.to_thread(DevoJobs(DevoHook()).stop, job.id)
    event = await waiting
    assert (event["status"], event["job"]["status"]) == ("over", "STOPPED")


async def test_a_job_that_failed_is_over(devo: Any, job: Job) -> None:
    devo.fault("job_errors")
    event = await event_of(trigger_for(job))
    assert (event["status"], event["job"]["errors"]) == ("over", ["boom"])


async def test_the_last_look_is_at_the_deadline(devo: Any, job: Job) -> None:
    started = time.time()
    event = await event_of(trigger_for(job, poll_interval=60, deadline=started + 0.5))
    assert 0.5 <= time.time() - started < 3
    assert (event["status"], event["job"]["status"]) == ("timeout", "RUNNING")
    assert len(devo.asked(path=f"{JOB}/{job.id}")) == 2
    # the trigger does not stop it: execute_complete does
    assert status_of(job) == "RUNNING"


async def test_a_deadline_that_passed_in_a_triggerer_that_was_down_still_looks_once(done: Job) -> None:
    await until(lambda: status_of(done) == "COMPLETED")
    event = await event_of(trigger_for(done, deadline=time.time() - 100))
    assert event["status"] == "over"


@pytest.mark.parametrize(
    "fault", ["refuse", "reset", "http_503", "html_502", "job_5xx", "empty_200", "length_long", "json_status"]
)
async def test_a_fault_that_may_pass_is_asked_again(devo: Any, done: Job, fault: str) -> None:
    devo.fault(fault, match=JOB, times=3)
    assert (await event_of(trigger_for(done)))["job"]["status"] == "COMPLETED"


async def test_a_stall_is_cut(devo: Any, connect: Any, done: Job) -> None:
    connect("hasty", extra={"timeout": 0.3})
    devo.fault("stall_headers", match=JOB)
    assert (await event_of(trigger_for(done, devo_conn_id="hasty")))["job"]["status"] == "COMPLETED"


async def test_devo_is_not_asked_sooner_than_it_wants(devo: Any, done: Job) -> None:
    devo.fault("http_429", match=JOB, delay_s=1)
    started = time.monotonic()
    assert (await event_of(trigger_for(done)))["status"] == "over"
    assert time.monotonic() - started >= 1


async def test_it_gives_up_after_faults_in_a_row(devo: Any, job: Job) -> None:
    devo.fault("job_5xx", times=100)
    event = await event_of(trigger_for(job, max_poll_faults=3))
    assert (event["status"], event["job_id"], event["error"]) == ("error", job.id, "DevoTransientError")
    assert len(devo.asked(path=f"{JOB}/{job.id}")) == 4


async def test_faults_that_are_not_in_a_row_do_not_add_up(devo: Any, job: Job) -> None:
    waiting = asyncio.create_task(event_of(trigger_for(job, max_poll_faults=1)))
    for n in range(3):
        await asyncio.to_thread(devo.fault, "job_5xx")
        await until(lambda n=n: len(devo.asked(path=f"{JOB}/{job.id}")) > 5 * (n + 1))
    assert not waiting.done()
    waiting.cancel()


@pytest.mark.parametrize(("fault", "error"), [("auth", "DevoAuthError"), ("html_200", "DevoResultError")])
async def test_a_fault_that_cannot_pass_is_asked_once(devo: Any, job: Job, fault: str, error: str) -> None:
    devo.fault(fault, match=JOB)
    assert (await event_of(trigger_for(job)))["error"] == error
    assert len(devo.asked(path=f"{JOB}/{job.id}")) == 1


async def test_a_job_that_is_gone_is_an_error(job: Job) -> None:
    await asyncio.to_thread(DevoJobs(DevoHook()).remove, job.id)
    event = await event_of(trigger_for(job))
    assert (event["status"], event["error"]) == ("error", "DevoJobError")
    assert "Task not found" in event["message"]


# Kills


async def test_a_kill_stops_the_job_with_one_call(devo: Any, job: Job) -> None:
    await trigger_for(job).on_kill()
    assert [request["path"] for request in devo.asked(path=JOB)] == [f"{JOB}/stop/{job.id}"]
    assert status_of(job) == "STOPPED"


async def test_a_kill_may_leave_the_job_alone(devo: Any, job: Job) -> None:
    await trigger_for(job, cancel_on_kill=False).on_kill()
    assert devo.asked(path=JOB) == []


async def test_a_triggerer_that_ends_leaves_the_job_alone(devo: Any, job: Job) -> None:
    trigger = trigger_for(job)
    waiting = asyncio.create_task(event_of(trigger))
    await until(lambda: devo.asked(path=JOB))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await trigger.cleanup()
    assert devo.asked(path=f"{JOB}/stop") == []
    assert status_of(job) == "RUNNING"


# What Airflow stores


def test_json_brings_back_an_equal_trigger(job: Job) -> None:
    trigger = trigger_for(job, max_poll_faults=3, cancel_on_kill=False)
    path, arguments = json.loads(json.dumps(trigger.serialize()))
    module, _, name = path.rpartition(".")
    again = getattr(import_module(module), name)(**arguments)
    assert type(again) is DevoJobTrigger
    assert again.serialize() == trigger.serialize()
    assert {key: vars(again)[key] for key in arguments} == {key: vars(trigger)[key] for key in arguments}


def test_airflow_can_store_it_and_nothing_secret_is_in_it(devo: Any, job: Job) -> None:
    from airflow.serialization.encoders import encode_trigger

    stored = json.dumps(encode_trigger(trigger_for(job)))
    assert json.loads(stored)["classpath"] == "airflow_provider_devo_dga.triggers.devo_job.DevoJobTrigger"
    assert devo.sandbox.token not in stored
