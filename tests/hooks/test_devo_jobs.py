"""DevoJobs against a real sandbox: start, find, wait, end; a start that fails is not repeated blindly."""

from __future__ import annotations

import json
import socket
import time
import traceback
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga import errors
from airflow_provider_devo_dga.devo_api.jobs import Job
from airflow_provider_devo_dga.devo_api.window import Window
from tests.hooks.jobs import START_FAULTS, WINDOW, closed, jobs, to_come
from tests.hooks.raw_server import RawServer, reply
from tests.waiting import wait_until

_COUNTER = count()


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return devo.table([{"n": 1}, {"n": 2}], n="int4")


@pytest.fixture
def name() -> str:
    return f"job-of-a-hook-test-{next(_COUNTER)}"


def ended(job_id: str) -> Job:
    wait_until(lambda: jobs().get(job_id).is_over)
    return jobs().get(job_id)


def test_a_job_from_start_to_end(devo: Any, table: str, name: str) -> None:
    asked = jobs(id='an "id', user="me\\", free="x\ny")
    started = asked.submit(f"from {table} select n", closed(devo), "donothing", {"own": 1}, name)
    assert (started.name, started.destination) == (name, "donothing")
    job = ended(started.id)
    assert (job.status, job.generated, job.sent, job.succeeded) == ("COMPLETED", 2, 2, True)
    body = json.loads(devo.asked(table)[0]["body"])
    assert body["query"] == (
        f"from {table} select n"
        ' pragma comment.id:"an _id" pragma comment.user:"me_" pragma comment.free:"x_y"'
    )
    assert (body["from"], body["to"], body["ipAsString"]) == (1767254400, 1767258000, True)
    assert body["destination"] == {"type": "donothing", "params": {"friendlyName": name, "own": 1}}
    assert jobs().find(name) == job
    assert jobs().stop(job.id) == job  # it does not run: it stays as it is
    assert jobs().remove(job.id).status == "REMOVED"
    assert jobs().find(name) is None
    for call in (jobs().get, jobs().stop, jobs().remove):
        with pytest.raises(errors.DevoJobError, match="Task not found") as raised:
            call(job.id)
        assert raised.value.code == 100


def test_a_job_whose_window_is_not_over_runs_until_it_is_stopped(devo: Any, table: str, name: str) -> None:
    job = jobs().submit(f"from {table}", to_come(devo), "donothing", {}, name)
    assert job.status == "RUNNING"
    assert jobs().stop(job.id, seconds=3).status == "STOPPED"
    with pytest.raises(errors.DevoJobError) as raised:
        jobs().stop(job.id, seconds=3)
    assert raised.value.code == 108


def test_it_is_always_tls(
    devo: Any, table: str, name: str, monkeypatch: pytest.MonkeyPatch, connect: Any, sandbox: Any
) -> None:
    monkeypatch.setenv("UNSECURE_HTTP", "true")
    settings = sandbox.settings
    connect("signed", password=None, extra={"api_key": settings.api_key, "api_secret": settings.api_secret})
    job = jobs("signed").submit(f"from {table}", closed(devo), "donothing", {}, name)
    assert jobs("signed").get(job.id).id == job.id


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({"query": "from no.such.table"}, "DevoQueryError", "Unknown table"),
        ({"query": " "}, "DevoQueryError", "empty"),
        ({"destination": "s3"}, "DevoQueryError", "Bad parameters"),
        ({"destination": ""}, "DevoPermanentError", "needs a destination"),
        ({"params": {"friendlyName": "mine"}}, "DevoPermanentError", "friendlyName"),
    ],
)
def test_what_can_never_start(
    devo: Any, table: str, name: str, changes: dict[str, Any], kind: str, reason: str
) -> None:
    given = {
        "query": f"from {table}",
        "window": closed(devo),
        "destination": "donothing",
        "params": {},
        "name": name,
    }
    with pytest.raises(errors.DevoError, match=reason) as raised:
        jobs().submit(**(given | changes))
    assert type(raised.value).__name__ == kind
    assert devo.jobs(name) == []


@pytest.mark.parametrize(("fault", "kind"), START_FAULTS.items())
def test_faults_of_a_start(devo: Any, connect: Any, table: str, name: str, fault: str, kind: str) -> None:
    connect("hasty", extra={"timeout": 1})
    devo.fault(fault)
    with pytest.raises(errors.DevoError) as raised:
        jobs("hasty").submit(f"from {table}", closed(devo), "donothing", {}, name)
    assert type(raised.value).__name__ == kind, raised.value
    assert len(devo.asked(table)) == 1


# Create if absent, else attach


@pytest.mark.parametrize("fault", ["refuse", "reset", "http_503", "html_502", "stall_headers", "length_long"])
def test_a_start_whose_answer_is_lost_is_not_repeated(
    devo: Any, connect: Any, no_pauses: None, table: str, name: str, fault: str
) -> None:
    connect("hasty", extra={"timeout": 1})
    devo.fault(fault)
    job = jobs("hasty").obtain(f"from {table}", closed(devo), "donothing", {}, name)
    assert [told["id"] for told in devo.jobs(name)] == [job.id]


def test_it_gives_up_after_the_connections_retries(
    devo: Any, connect: Any, no_pauses: None, table: str, name: str
) -> None:
    connect("twice", extra={"retries": 1})
    devo.fault("http_503", times=5)
    with pytest.raises(errors.DevoTransientError):
        jobs("twice").obtain(f"from {table}", closed(devo), "donothing", {}, name)
    assert len(devo.asked(table)) == 2


def test_a_job_that_runs_or_succeeded_is_taken(devo: Any, table: str, name: str) -> None:
    def obtained(window: Window, **known: Any) -> Job:
        return jobs().obtain(f"from {table}", window, "donothing", {}, name, **known)

    first = obtained(to_come(devo))
    assert obtained(to_come(devo)).id == first.id
    assert obtained(to_come(devo), known_id=first.id).id == first.id
    assert obtained(to_come(devo), known_id="gone").id == first.id
    jobs().stop(first.id)
    second = obtained(closed(devo))
    assert second.id != first.id
    ended(second.id)
    assert obtained(closed(devo)).succeeded
    assert len(devo.jobs(name)) == 2
    assert len(devo.asked(table)) == 2


# Secrets


def test_secret_params_reach_devo_and_no_error(
    devo: Any, table: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    secret = {"key": "a-secret-key", "deep": [{"er": "another-secret"}]}
    started = jobs().submit(f"from {table}", closed(devo), "donothing", {"a": 1}, name, secret_params=secret)
    assert json.loads(devo.asked(table)[0]["body"])["destination"]["params"] == {
        "friendlyName": name,
        "a": 1,
        **secret,
    }
    assert started.name == name
    assert "a-secret-key" not in caplog.text
    # Devo may quote a param in a refusal; here it quotes the table
    quoted = "hush" + ".hush"
    with pytest.raises(errors.DevoQueryError, match=r"Unknown table .\*\*\*") as raised:
        jobs().submit(f"from {quoted}", closed(devo), "donothing", {}, name, secret_params={"k": quoted})
    assert quoted not in "".join(traceback.format_exception(raised.value))


# What no sandbox imitates


def test_a_start_waits_as_long_as_devo_asks(connect: Any, tmp_path: Path, name: str) -> None:
    starts: list[float] = []

    def devo(line: socket.socket, request: bytes) -> None:
        if request.startswith(b"GET"):
            line.sendall(reply(b'{"object": [], "status": 0}'))
            return
        starts.append(time.monotonic())
        if len(starts) == 1:
            line.sendall(reply(b"{}", "Retry-After: 2", status="429 Too Many Requests"))
        else:
            line.sendall(reply(json.dumps({"object": {"id": "1", "status": "RUNNING"}}).encode()))

    with RawServer(devo, tmp_path) as server:
        connect("throttled", port=server.port, extra={"verify": str(server.ca_file)})
        assert jobs("throttled").obtain("from t", WINDOW, "donothing", {}, name).id == "1"
    assert starts[1] - starts[0] >= 2


def test_a_wait_that_is_too_long_is_the_tasks(connect: Any, tmp_path: Path, name: str) -> None:
    def devo(line: socket.socket, request: bytes) -> None:
        line.sendall(reply(b"{}", "Retry-After: 3600", status="429 Too Many Requests"))

    with RawServer(devo, tmp_path) as server:
        connect("throttled", port=server.port, extra={"verify": str(server.ca_file)})
        with pytest.raises(errors.DevoThrottledError) as raised:
            jobs("throttled").obtain("from t", WINDOW, "donothing", {}, name)
    assert (raised.value.retry_after, len(server.requests)) == (3600, 1)
