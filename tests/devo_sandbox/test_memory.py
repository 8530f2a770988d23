"""A large answer does not stay in the server's memory, and a server ends though its clients wait."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

MODULE = [sys.executable, "-m", "devo_sandbox"]
ROWS = 1_000_000
MOST_MB = 150
START = 1767225600
AUTH = {"Authorization": "Bearer secret"}


@contextmanager
def served(directory: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [*MODULE, "serve", "--data-dir", str(directory), "--token", "secret"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def ask(ready: dict[str, Any], mode: str, **fields: Any) -> requests.Response:
    body = {"from": START, "to": START + 7200, "mode": {"type": mode}, **fields}
    return requests.post(
        ready["url"], json=body, headers=AUTH, verify=ready["ca_file"], stream=True, timeout=120
    )


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp("large")
    events = directory / "events.ndjson"
    with events.open("w") as file:
        for n in range(ROWS):
            eventdate = START * 1000 + n
            file.write(
                f'{{"eventdate":{eventdate},"uri":"/a/rather/long/uri/number/{n}","bytesTransferred":{n}}}\n'
            )
    command = [*MODULE, "load", "demo.ecommerce.data", str(events), "--data-dir", str(directory)]
    subprocess.run(command, check=True, capture_output=True)
    events.unlink()
    return directory


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["json/simple/compact", "csv", "json", "msgpack", "xls"])
def test_memory_stays_flat(filled: Path, mode: str) -> None:
    with served(filled) as (process, ready):
        # The first answer sorts the table and warms DuckDB up.
        ask(ready, "csv", query="from demo.ecommerce.data select uri limit 1").close()
        server = psutil.Process(process.pid)
        before = most = server.memory_info().rss
        watching = True

        def watch() -> None:
            nonlocal most
            while watching:
                most = max(most, server.memory_info().rss)
                time.sleep(0.02)

        watcher = threading.Thread(target=watch)
        watcher.start()
        size = 0
        started = time.monotonic()
        text = "from demo.ecommerce.data select eventdate, uri, bytesTransferred, method"
        for chunk in ask(ready, mode, query=text).iter_content(65_536):
            size += len(chunk)
        seconds = time.monotonic() - started
        watching = False
        watcher.join()
    risen = (most - before) / 1e6
    print(f"{mode}: {size / 1e6:.0f} MB in {seconds:.1f} s, {risen:.0f} MB more memory")  # noqa: T201 - a figure
    assert size > (20 if mode == "xls" else 50) * ROWS
    assert risen < MOST_MB


@pytest.mark.slow
def test_a_server_ends_though_queries_run(tmp_path: Path) -> None:
    with served(tmp_path) as (process, ready):
        text = "from demo.ecommerce.data select uri"
        waiting = [ask(ready, "json/simple/compact", query=text, to=None) for _ in range(3)]
        job = ask(ready, "json", query=text, to=None, destination={"type": "donothing"}).json()["object"]
        assert job["status"] == "RUNNING"
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=15)
        assert time.monotonic() - started < 10
        assert process.returncode in {0, -signal.SIGTERM}
        assert "Traceback" not in errors
        for response in waiting:
            response.close()
    (stored,) = json.loads((tmp_path / "jobs.json").read_text())
    assert (stored["id"], stored["status"]) == (job["id"], "PAUSED")


@pytest.mark.slow
def test_a_server_ends_in_the_middle_of_a_heavy_query(fresh: Callable[..., Any]) -> None:
    others = set(threading.enumerate())
    api = fresh()
    lines = "\n".join(
        f'{{"eventdate":{START * 1000 + n},"uri":"/a/rather/long/{n}"}}' for n in range(200_000)
    )
    api.post("/_sandbox/tables/demo.ecommerce.data/events", lines.encode())
    sums = (
        f'sum(length(replaceall(subsall(uri, re("[a-e{n}]"), template("xx")), "x", "y"))) as s{n}'
        for n in range(40)
    )
    text = f"from demo.ecommerce.data group select {', '.join(sums)}"
    answers: list[Any] = []

    def ask_it() -> None:
        try:
            answers.append(api.query(text))
        except requests.exceptions.RequestException as error:
            answers.append(error)

    asking = threading.Thread(target=ask_it)
    asking.start()
    assert api.query(text, destination={"type": "donothing"}).status_code == 200
    time.sleep(0.5)
    assert answers == []
    started = time.monotonic()
    api.sandbox.__exit__(None, None, None)
    assert time.monotonic() - started < 5
    asking.join()
    (answer,) = answers
    assert isinstance(answer, requests.exceptions.RequestException)
    left = set(threading.enumerate()) - others
    assert not [thread for thread in left if thread.name.startswith("sandbox-query")]
