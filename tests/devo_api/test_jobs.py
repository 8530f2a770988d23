"""Names of jobs, and what answers about jobs mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from devo.api import Client, ClientConfig
from devo.api.client import DevoClientException

from airflow_provider_devo_dga import errors
from airflow_provider_devo_dga.devo_api.access import Credentials, Endpoint
from airflow_provider_devo_dga.devo_api.jobs import (
    LIST_PATH,
    Job,
    answer_of,
    job_named,
    job_of,
    job_path,
)
from airflow_provider_devo_dga.devo_api.query import Query
from airflow_provider_devo_dga.devo_api.window import Window

WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC))
TOLD = {
    "id": "an-id",
    "status": "RUNNING",
    "type": "donothing",
    "friendlyName": "mine",
    "query": "from t",
    "eventGenerated": 3,
    "eventsSent": 2,
    "lastDatetime": 0,
    "error": [],
}


def answer(found: Any, status: int = 0, msg: str = "") -> dict[str, Any]:
    return {"msg": msg, "timestamp": 1, "cid": "a-cid", "status": status, "object": found}


def test_what_devo_tells_of_a_job() -> None:
    job = job_of(answer(TOLD))
    assert job == Job("an-id", "RUNNING", "donothing", "mine", 3, 2)
    assert str(job) == "job an-id is RUNNING: 3 events generated, 2 sent"
    assert Job.from_dict(json.loads(json.dumps(job.to_dict()))) == job


@pytest.mark.parametrize(
    ("status", "error", "over", "succeeded"),
    [
        ("CREATED", [], False, False),
        ("RUNNING", [], False, False),
        ("RECONNECTING", [], False, False),
        ("PAUSED", [], False, False),
        ("A_NEW_WORD", [], False, False),
        ("COMPLETED", [], True, True),
        ("COMPLETED", None, True, True),
        ("COMPLETED", ["boom"], True, False),
        ("COMPLETED", "boom", True, False),
        ("STOPPED", [], True, False),
        ("STOPPED", ["boom"], True, False),
        ("REMOVED", [], True, False),
    ],
)
def test_only_complete_without_errors_is_success(
    status: str, error: Any, over: bool, succeeded: bool
) -> None:
    job = job_of(answer({**TOLD, "status": status, "error": error}))
    assert (job.is_over, job.succeeded) == (over, succeeded)
    if succeeded:
        assert job.check() is job
    else:
        with pytest.raises(errors.DevoJobError, match=f"is {status}" + (".*boom" if error else "")) as raised:
            job.check()
        assert raised.value.job_id == "an-id"


@pytest.mark.parametrize(
    ("told", "kind", "code"),
    [
        (answer(None, 100, "Task not found"), "DevoJobError", 100),
        (answer(None, 101, "Cannot change the status of task"), "DevoJobError", 101),
        (answer(None, 108, "Cannot stop task a non running task"), "DevoJobError", 108),
        ({"msg": "Error Launching Query", "status": 500, "object": ["boom"]}, "DevoQueryError", None),
        ({"error": "Bad parameters", "status": 400, "object": ["406"]}, "DevoQueryError", None),
        (answer(None, 503, "Busy"), "DevoTransientError", None),
        ({"error": {"message": "boom"}}, "DevoTransientError", None),
        (answer(None), "DevoResultError", None),
        (answer([]), "DevoResultError", None),
        (answer({"id": "x"}), "DevoResultError", None),
        (answer({"id": "", "status": "RUNNING"}), "DevoResultError", None),
        ({}, "DevoResultError", None),
        (None, "DevoResultError", None),
        ([], "DevoResultError", None),
    ],
)
def test_what_is_no_job(told: Any, kind: str, code: int | None) -> None:
    with pytest.raises(errors.DevoError) as raised:
        job_of(told)
    assert (type(raised.value).__name__, raised.value.code) == (kind, code)


def test_of_jobs_of_one_name_the_one_that_counts_is_found() -> None:
    def found(*statuses: str) -> str | None:
        jobs = [{**TOLD, "id": f"{n}", "status": status} for n, status in enumerate(statuses)]
        job = job_named(answer([{**TOLD, "friendlyName": "another"}, None, {}, *jobs]), "mine")
        return job.id if job else None

    assert found() is None
    assert found("STOPPED", "STOPPED") == "1"
    assert found("COMPLETED", "STOPPED") == "0"
    assert found("RUNNING", "COMPLETED") == "0"
    assert found("STOPPED", "RUNNING", "STOPPED") == "1"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"", "DevoTransientError"),
        (200, b'{"msg":"", "obj', "DevoTransientError"),
        (200, b"<html>Log in</html>", "DevoResultError"),
        (403, b'{"code":5,"msg":"Token invalid"}', "DevoAuthError"),
        (429, b"{}", "DevoThrottledError"),
        (404, b"{}", "DevoConnectionConfigError"),
        (503, b"<html>", "DevoTransientError"),
    ],
)
def test_replies_that_are_no_answer(status: int, body: bytes, kind: str) -> None:
    with pytest.raises(errors.DevoError) as raised:
        answer_of(status, {}, body)
    assert type(raised.value).__name__ == kind


def test_requests_are_signed_and_go_to_the_host() -> None:
    credentials = Credentials(token="a-token")
    request = Endpoint("https://h:1/any/search/query", credentials).get(job_path("a/b", "stop"))
    assert (request.method, request.url) == ("GET", "https://h:1/search/job/stop/a%2Fb")
    assert request.headers["Authorization"] == "Bearer a-token"
    assert "a-token" not in repr(request)


def test_the_requests_equal_devo_sdks(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str, bytes, dict[str, str]]] = []

    def caught(method: str) -> Any:
        def send(url: str, headers: dict[str, str], data: str = "", **_: Any) -> None:
            sent.append((method, url, data.encode(), headers))
            raise ConnectionError("nothing is sent in this test")

        return send

    monkeypatch.setattr("devo.api.client.requests.get", caught("GET"))
    monkeypatch.setattr("devo.api.client.requests.post", caught("POST"))
    monkeypatch.setattr("devo.api.client.time.time", lambda: 7)
    url, credentials = (
        "https://devo.example/search/query",
        Credentials(api_key="a-key", api_secret="a-secret"),
    )
    destination = {"type": "s3", "params": {"friendlyName": "mine", "ä": 'b"'}}
    pragmas = {"app_name": "airflow", "user": "me"}
    config = ClientConfig(response="json", stream=False, destination=destination, pragmas=pragmas)
    theirs = Client(address=url, auth=credentials.for_sdk(), config=config, retries=0)
    dates = {"from": WINDOW.start_seconds, "to": WINDOW.end_seconds}
    calls = (
        lambda: theirs.query(query="from ñ", dates=dates, comment="a run", ip_as_string=True),
        theirs.get_jobs,
        *(lambda call=call: call("an-id") for call in (theirs.get_job, theirs.stop_job, theirs.remove_job)),
    )
    for call in calls:
        with pytest.raises((ConnectionError, DevoClientException)):
            call()
    query = Query("from ñ", WINDOW, comments={"id": "airflow", "user": "me", "free": "a run"})
    paths = (LIST_PATH, *(job_path("an-id", change) for change in ("", "stop", "remove")))
    endpoint = Endpoint(url, credentials)
    ours = [endpoint.post(query.body(destination)), *map(endpoint.get, paths)]
    assert [(one.method, one.url, one.body, one.headers) for one in ours] == sent
