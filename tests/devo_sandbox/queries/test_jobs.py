"""Jobs: queries with a destination, which run in the background."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from devo_sandbox.queries import jobs as module
from devo_sandbox.tenant import Habits

# A moment on an idle core; a busy one may take its time.
SOON_S = 30
TABLE = "from demo.ecommerce.data"
DESTINATION = {"type": "donothing", "params": {"friendlyName": "mine"}}
QUICK = Habits(poll_s=0.02, keep_alive_s=0.1)


def get(api: Any, path: str) -> dict[str, Any]:
    response = requests.get(
        f"{api.sandbox.base_url}/search/{path}",
        headers={"Authorization": f"Bearer {api.sandbox.token}"},
        verify=api.sandbox.ca_file,
        timeout=10,
    )
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


def create(api: Any, text: str, **fields: Any) -> dict[str, Any]:
    response = api.query(text, **{"destination": DESTINATION, **fields})
    assert response.status_code == 200, response.text
    assert list(response.json()) == ["msg", "timestamp", "cid", "status", "object"]
    job: dict[str, Any] = response.json()["object"]
    return job


def settled(
    api: Any, job: dict[str, Any], wanted: Callable[[dict[str, Any]], bool] | None = None
) -> dict[str, Any]:
    deadline = time.monotonic() + SOON_S
    while True:
        told: dict[str, Any] = get(api, f"job/{job['id']}")["object"]
        if wanted(told) if wanted else told["status"] != "RUNNING":
            return told
        assert time.monotonic() < deadline, told
        time.sleep(0.02)


@pytest.fixture
def own(fresh: Callable[..., Any]) -> Any:
    return fresh(habits=QUICK)


def now() -> int:
    return int(time.time() * 1000)


def test_a_job_counts_its_rows(api: Any) -> None:
    job = create(api, f"{TABLE} where statusCode = 200 select uri")
    assert list(job) == [
        "id",
        "status",
        "type",
        "friendlyName",
        "query",
        "eventGenerated",
        "eventsSent",
        "lastDatetime",
        "error",
    ]
    assert (job["type"], job["friendlyName"]) == ("donothing", "mine")
    done = settled(api, job)
    assert done == {
        **job,
        "status": "COMPLETED",
        "eventGenerated": 2,
        "eventsSent": 2,
        "lastDatetime": 1767225720000,
    }
    not_stopped = get(api, f"job/stop/{job['id']}")
    assert (not_stopped["status"], not_stopped["object"]) == (108, done)
    refused = get(api, f"job/start/{job['id']}")
    assert (refused["status"], refused["msg"], refused["object"]) == (
        101,
        "Cannot change the status of task",
        done,
    )


@pytest.mark.parametrize(
    ("text", "count", "last_ms"),
    [
        (f"{TABLE}", 5, 1767229199999),
        (f"{TABLE} select uri limit 1", 1, 1767225601123),
        (f"{TABLE} group every 1m select count() as n", 5, 1767229140000),
        (f"{TABLE} group by method select count() as n", 3, 0),
        (f"{TABLE} where uri = 'none'".replace("'", '"'), 0, 0),
    ],
)
def test_any_query_can_be_a_job(api: Any, text: str, count: int, last_ms: int) -> None:
    done = settled(api, create(api, text))
    assert (done["status"], done["error"]) == ("COMPLETED", [])
    assert (done["eventsSent"], done["lastDatetime"]) == (count, last_ms)


def test_lists(own: Any) -> None:
    create(own, TABLE)
    create(own, TABLE, destination={"type": "donothing"})
    names = {
        path: [job["friendlyName"] for job in get(own, path)["object"]]
        for path in (
            "jobs",
            "jobs?type=donothing",
            "jobs?type=donothing&name=mi",
            "jobs/s3",
            "jobs/donothing",
            "jobs/donothing/mine",
        )
    }
    assert list(names.values()) == [["mine", ""], ["mine", ""], ["mine"], [], ["mine", ""], ["mine"]]


@pytest.mark.parametrize("path", ["job/{}", "job/stop/{}", "job/start/{}", "job/remove/{}"])
def test_unknown_jobs(api: Any, path: str) -> None:
    told = get(api, path.format("nope"))
    assert (told["status"], told["msg"], told["object"]) == (100, "Task not found", None)


def test_a_job_without_an_end_runs_until_it_is_stopped(own: Any) -> None:
    own.load("demo.ecommerce.data", [{"eventdate": now(), "uri": "first"}])
    job = create(own, f"{TABLE} select uri", window=("1h", None))
    assert job["status"] == "RUNNING"
    settled(own, job, lambda told: told["eventsSent"] == 1)
    second = now()
    own.load("demo.ecommerce.data", [{"eventdate": second, "uri": "second"}])
    settled(own, job, lambda told: told["eventsSent"] == 2)
    stopped = get(own, f"job/stop/{job['id']}")
    assert (stopped["status"], stopped["object"]["status"]) == (0, "STOPPED")
    assert stopped["object"]["lastDatetime"] == second
    own.load("demo.ecommerce.data", [{"eventdate": now() + 1, "uri": "third"}])
    time.sleep(0.2)
    assert get(own, f"job/{job['id']}")["object"] == stopped["object"]


def test_a_stopped_job_goes_on_from_its_last_date(own: Any) -> None:
    own.load(
        "demo.ecommerce.data",
        [{"eventdate": now() - 10, "uri": "first"}, {"eventdate": now(), "uri": "last"}],
    )
    job = create(own, f"{TABLE} select uri", window=("1h", None))
    settled(own, job, lambda told: told["eventsSent"] == 2)
    get(own, f"job/stop/{job['id']}")
    own.load("demo.ecommerce.data", [{"eventdate": now() + 1, "uri": "meanwhile"}])
    started = get(own, f"job/start/{job['id']}")
    assert (started["status"], started["object"]["status"]) == (0, "RUNNING")
    # The last event comes again: the window begins at its date.
    settled(own, job, lambda told: told["eventsSent"] == 4)
    removed = get(own, f"job/remove/{job['id']}")
    assert (removed["status"], removed["object"]["status"]) == (0, "REMOVED")
    assert get(own, f"job/{job['id']}")["status"] == 100
    assert get(own, "jobs")["object"] == []


def test_a_job_that_fails_is_stopped_and_says_so(api: Any) -> None:
    done = settled(api, create(api, f"{TABLE} select statusCode * 9223372036854775807 as x"))
    assert (done["status"], done["error"]) == ("STOPPED", ["Error Processing Query"])


def test_a_job_whose_table_is_gone_does_not_start(own: Any) -> None:
    schema = {"columns": [{"name": "eventdate", "type": "timestamp"}, {"name": "n", "type": "int4"}]}
    own.post("/_sandbox/tables/passing", schema)
    job = create(own, "from passing select n", window=("1h", None))
    get(own, f"job/stop/{job['id']}")
    own.post("/_sandbox/tables/passing", {"columns": schema["columns"][:1]})
    told = get(own, f"job/start/{job['id']}")["object"]
    assert (told["status"], told["error"][1]) == ("STOPPED", "Unknown identifier `n`")


def test_refusals_come_before_there_is_a_job(own: Any) -> None:
    assert own.query("from nope", destination=DESTINATION).status_code == 500
    assert own.query(TABLE, destination={"type": "email"}).status_code == 400
    assert own.query(TABLE, window=("nope", None), destination=DESTINATION).status_code == 400
    assert get(own, "jobs")["object"] == []


def test_jobs_are_bounded(own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    create(own, TABLE)
    assert own.query(TABLE, destination=DESTINATION).status_code == 400


def test_jobs_want_credentials(api: Any) -> None:
    for path in ("jobs", "job/x", "job/stop/x", "job/remove/x", "job/x/y"):
        response = requests.get(
            f"{api.sandbox.base_url}/search/{path}", verify=api.sandbox.ca_file, timeout=10
        )
        assert (response.status_code, response.json()["code"]) == (401, 12)


def test_jobs_last(fresh: Callable[..., Any], tmp_path: Path) -> None:
    first = fresh(habits=QUICK, data_dir=tmp_path)
    first.load("demo.ecommerce.data", [{"eventdate": now(), "uri": "first"}])
    follows = create(first, f"{TABLE} select uri", window=("1h", None))
    stopped = create(first, f"{TABLE} select uri", window=("1h", None))
    done = settled(first, create(first, TABLE))
    settled(first, follows, lambda told: told["eventsSent"] == 1)
    told = get(first, f"job/stop/{stopped['id']}")["object"]
    first.sandbox.__exit__(None, None, None)
    statuses = [job["status"] for job in json.loads((tmp_path / "jobs.json").read_text())]
    assert statuses == ["PAUSED", "STOPPED", "COMPLETED"]
    second = fresh(habits=QUICK, data_dir=tmp_path)
    again = get(second, "jobs")["object"]
    assert [job["id"] for job in again] == [follows["id"], stopped["id"], done["id"]]
    assert again[1:] == [told, done]
    assert again[0]["status"] == "RUNNING"
    second.load("demo.ecommerce.data", [{"eventdate": now(), "uri": "second"}])
    # The last event of before comes again.
    settled(second, follows, lambda told: told["eventsSent"] == 3)


def test_closing_ends_what_runs(fresh: Callable[..., Any]) -> None:
    before = {thread for thread in threading.enumerate() if thread.name.startswith("sandbox-")}
    api = fresh(habits=QUICK)
    for _ in range(3):
        create(api, TABLE, window=("1h", None))
    started = time.monotonic()
    api.sandbox.__exit__(None, None, None)
    assert time.monotonic() - started < SOON_S
    deadline = time.monotonic() + SOON_S
    while {t for t in threading.enumerate() if t.name.startswith("sandbox-")} - before:
        assert time.monotonic() < deadline
        time.sleep(0.02)
