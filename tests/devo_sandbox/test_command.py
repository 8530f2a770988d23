"""The command line, as a process of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from devo_sandbox.__main__ import main
from devo_sandbox.tables import table_schema

MODULE = [sys.executable, "-m", "devo_sandbox"]
EVENT = '{"eventdate":1767225600000,"uri":"/loaded"}\n'


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]]:
    processes = []

    def start(*options: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        process = subprocess.Popen(
            [*MODULE, "serve", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout is not None
        return process, json.loads(process.stdout.readline())

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def rows(ready: dict[str, Any], token: str) -> Any:
    body = {
        "from": 1767225600,
        "to": 1767229200,
        "query": "from demo.ecommerce.data select uri",
        "mode": {"type": "json"},
    }
    headers = {"Authorization": f"Bearer {token}"}
    response = requests.post(
        ready["url"], json=body, headers=headers, verify=ready["ca_file"] or True, timeout=60
    )
    return response.json()["object"]


def start_java(ready: dict[str, Any]) -> None:
    response = requests.post(
        f"{ready['mlmm_url']}/models/images/upload",
        data={"engine": "H2O"},
        files={"fileName": b"no model"},
        headers={"standAloneToken": ready["token"]},
        verify=ready["ca_file"],
        timeout=60,
    )
    assert response.json() == {"valid": False, "errorDetail": "Invalid image"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ready_line_load_and_a_clean_end(serve: Any, tmp_path: Path, number: signal.Signals) -> None:
    process, ready = serve("--ready-file", str(tmp_path / "ready.json"))
    assert json.loads((tmp_path / "ready.json").read_text()) == ready
    assert list(ready) == ["url", "ca_file", "mlmm_url", "token", "syslog", "http_events_url"]
    assert ready["syslog"]["tls"] is True
    assert ready["url"].startswith("https://127.0.0.1:")
    events = tmp_path / "events.ndjson"
    events.write_text(EVENT)
    options = ["--url", ready["url"], "--token", ready["token"], "--ca-file", ready["ca_file"]]
    loaded = subprocess.run(
        [*MODULE, "load", "demo.ecommerce.data", str(events), *options],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (loaded.returncode, loaded.stdout) == (0, '{"inserted": 1}\n')
    assert rows(ready, ready["token"]) == [{"uri": "/loaded"}]
    start_java(ready)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in {0, -number}
    assert "Traceback" not in errors


@pytest.mark.slow
def test_load_into_a_stopped_sandbox(serve: Any, tmp_path: Path) -> None:
    events = tmp_path / "events.ndjson"
    events.write_text(EVENT)
    data = tmp_path / "data"
    command = [*MODULE, "load", "demo.ecommerce.data", str(events), "--data-dir", str(data)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    _, ready = serve("--data-dir", str(data), "--token", "secret")
    assert "token" not in ready
    assert rows(ready, "secret") == [{"uri": "/loaded"}]


@pytest.mark.slow
def test_without_tls(serve: Any) -> None:
    _, ready = serve("--no-tls", "--token", "secret")
    assert (ready["url"][:5], ready["ca_file"]) == ("http:", None)
    assert rows(ready, "secret") == []


def test_an_open_address_needs_credentials(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", "0.0.0.0"]) == 1  # noqa: S104 - it refuses
    told = capsys.readouterr()
    assert "--token" in told.err
    assert told.out == ""


TABLES = """
tables:
  my.app.shop.orders:
    parser: csv
    columns: {eventdate: timestamp, item: str, price: float8}
"""


@pytest.mark.slow
def test_tables_of_a_file(serve: Any, tmp_path: Path) -> None:
    file, data = tmp_path / "tables.yaml", tmp_path / "data"
    file.write_text(TABLES)
    options = ["--tables", str(file), "--data-dir", str(data), "--token", "secret"]
    process, ready = serve(*options)
    path = "/event/self/token!secret/-/my.app.shop.orders?chair,12.5"
    sent = requests.get(ready["http_events_url"] + path, verify=ready["ca_file"], timeout=60)
    assert sent.status_code == 204
    process.terminate()
    process.communicate(timeout=60)
    process, ready = serve(*options)
    answer = requests.post(
        ready["url"],
        json={"from": 0, "to": int(time.time()) + 1, "query": "from my.app.shop.orders select item, price"},
        headers={"Authorization": "Bearer secret"},
        verify=ready["ca_file"],
        timeout=60,
    )
    assert answer.json()["object"] == [{"item": "chair", "price": 12.5}]
    process.terminate()
    process.communicate(timeout=60)
    file.write_text(TABLES.replace("float8", "int4"))
    refused = subprocess.run(
        [*MODULE, "serve", *options], capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode == 1
    assert "my.app.shop.orders holds events in other columns" in refused.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[", "tables.yaml"),
        ("a: 1", "tables is missing"),
        ("tables: {x.y: 1}", "x.y: columns is a list"),
        ("tables: {x.y: {columns: {a: str}}}", "x.y: eventdate must be a timestamp"),
        ("tables: {x.y: {columns: {eventdate: timestamp}, parser: xml}}", "x.y: parser is one of"),
        ("tables: {x.y: {columns: {eventdate: timestamp}, rows: []}}", "x.y: unknown field 'rows'"),
        ("tables: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
    ],
)
def test_files_of_tables_that_are_none(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "tables.yaml"
    file.write_text(content)
    with pytest.raises(ValueError, match=re.escape(reason)):
        table_schema.read_file(file)


@pytest.mark.slow
def test_syslog_on_an_open_address_must_be_asked_for(serve: Any) -> None:
    _, ready = serve("--host", "0.0.0.0", "--token", "secret")  # noqa: S104 - for a moment
    assert ready["syslog"] is None
    _, ready = serve("--syslog-port", "-1")
    assert ready["syslog"] is None
