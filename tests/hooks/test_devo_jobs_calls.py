"""Each call of DevoJobs against faults, wrong connections, and servers that no sandbox imitates."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga import errors
from airflow_provider_devo_dga.devo_api.jobs import Job
from airflow_provider_devo_dga.hooks.devo_jobs import DevoJobs
from tests.hooks.jobs import JOB, START_FAULTS, WINDOW, closed, jobs, to_come
from tests.hooks.raw_server import RawServer, reply
from tests.waiting import SOON

CALL_FAULTS = {
    **{fault: kind for fault, kind in START_FAULTS.items() if not fault.startswith("json")},
    "json_status": "DevoTransientError",
    "job_5xx": "DevoTransientError",
}
CALLS: dict[str, Callable[[DevoJobs, Job], object]] = {
    "get": lambda asked, job: asked.get(job.id),
    "find": lambda asked, job: asked.find(job.name),
    "stop": lambda asked, job: asked.stop(job.id),
    "stop for a kill": lambda asked, job: asked.stop(job.id, seconds=2),
    "remove": lambda asked, job: asked.remove(job.id),
}


@pytest.fixture(scope="module")
def a_job(_owner: Any, sandbox: Any) -> Job:
    """Return a job that runs as long as nobody stops it."""
    os.environ["AIRFLOW_CONN_A_JOBS"] = json.dumps(
        {
            "conn_type": "devo",
            "host": sandbox.host,
            "port": sandbox.port,
            "password": sandbox.token,
            "extra": {"verify": sandbox.ca_file},
        }
    )
    text = f"from {_owner.table(n='int4')}"
    return jobs("a_jobs").submit(text, to_come(_owner), "donothing", {}, "job-of-faults")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("fault", "kind"), CALL_FAULTS.items())
def test_faults_of_a_call(devo: Any, connect: Any, a_job: Job, fault: str, kind: str, call: str) -> None:
    connect("hasty", extra={"timeout": 0.5, "retries": 0})
    devo.fault(fault, match=JOB)
    before = time.monotonic()
    with pytest.raises(errors.DevoError) as raised:
        CALLS[call](jobs("hasty"), a_job)
    assert type(raised.value).__name__ == kind, raised.value
    assert time.monotonic() - before < SOON
    assert len(devo.asked(path=JOB)) == 1


@pytest.mark.parametrize("call", [call for call in CALLS if call != "stop for a kill"])
def test_a_call_that_failed_is_made_again(
    devo: Any, connect: Any, no_pauses: None, a_job: Job, call: str
) -> None:
    connect("twice", extra={"retries": 2})
    devo.fault("job_5xx", match=JOB, times=3)
    with pytest.raises(errors.DevoTransientError):
        CALLS[call](jobs("twice"), a_job)
    assert len(devo.asked(path=JOB)) == 3


def test_a_job_with_errors_is_no_success(devo: Any, devo_connections: None, a_job: Job) -> None:
    devo.fault("job_errors")
    job = jobs().get(a_job.id)
    with pytest.raises(errors.DevoJobError, match="STOPPED: boom"):
        job.check()


@pytest.mark.parametrize(
    ("fields", "kind", "reason"),
    [
        ({"extra": {"verify": True}}, "DevoConnectionConfigError", "certificate is not trusted"),
        ({"extra": {"verify": "/no/such/ca.pem"}}, "DevoConnectionConfigError", "/no/such/ca.pem"),
        ({"password": "wr0ng-t0ken"}, "DevoAuthError", "Token invalid or expired"),
    ],
)
@pytest.mark.parametrize("call", ["submit", *CALLS])
def test_connections_that_cannot_work(
    devo: Any, connect: Any, a_job: Job, call: str, fields: dict[str, Any], kind: str, reason: str
) -> None:
    connect("wrong", **fields)

    def submitted(asked: DevoJobs, job: Job) -> object:
        return asked.submit("from t", closed(devo), "donothing", {}, "never")

    with pytest.raises(errors.DevoError, match=reason) as raised:
        {**CALLS, "submit": submitted}[call](jobs("wrong"), a_job)
    assert type(raised.value).__name__ == kind
    assert devo.jobs("never") == []


def test_nobody_there(devo: Any, connect: Any, dead_port: int, a_job: Job) -> None:
    connect("away", port=dead_port, extra={"retries": 0})
    for call in CALLS.values():
        with pytest.raises(errors.DevoTransientError, match=f"No answer from .*{dead_port}"):
            call(jobs("away"), a_job)


@pytest.mark.parametrize("call", ["submit", *CALLS])
def test_no_redirection_is_followed(connect: Any, tmp_path: Path, call: str) -> None:
    def elsewhere(line: socket.socket, request: bytes) -> None:
        line.sendall(reply(b"{}"))

    with RawServer(elsewhere, tmp_path) as other:

        def devo(line: socket.socket, request: bytes) -> None:
            place = f"Location: https://127.0.0.1:{other.port}/search/query?token=hush"
            line.sendall(reply(b"", place, status="307 Temporary Redirect"))

        with RawServer(devo, tmp_path) as server:
            connect("away", port=server.port, extra={"verify": False})
            calls = {**CALLS, "submit": lambda asked, _: asked.submit("from t", WINDOW, "s3", {}, "n")}
            with pytest.raises(errors.DevoConnectionConfigError, match="redirects to 127") as raised:
                calls[call](jobs("away"), Job("1", "RUNNING"))
    assert (len(server.requests), other.requests) == (1, [])
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("drips", ["head", "body"])
def test_a_stop_for_a_kill_takes_no_longer_than_it_may(connect: Any, tmp_path: Path, drips: str) -> None:
    over = threading.Event()

    def devo(line: socket.socket, request: bytes) -> None:
        whole = reply(b" " * 1000)
        first = 20 if drips == "head" else whole.index(b"\r\n\r\n") + 4
        line.sendall(whole[:first])
        for at in range(first, len(whole)):
            if over.wait(0.1):
                return
            line.sendall(whole[at : at + 1])

    with RawServer(devo, tmp_path) as server:
        connect("slow", port=server.port, extra={"verify": str(server.ca_file)})
        before = time.monotonic()
        with pytest.raises(errors.DevoTransientError, match="within 1 s"):
            jobs("slow").stop("1", seconds=1)
        assert time.monotonic() - before < SOON
        over.set()
