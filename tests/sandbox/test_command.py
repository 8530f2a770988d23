"""The command line, as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

MODULE = [sys.executable, "-m", "airflow_provider_devo_dga.sandbox"]
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
        ready["url"], json=body, headers=headers, verify=ready["ca_file"] or True, timeout=10
    )
    return response.json()["object"]


def start_java(ready: dict[str, Any]) -> None:
    response = requests.post(
        f"{ready['mlmm_url']}/models/images/upload",
        data={"engine": "H2O"},
        files={"fileName": b"no model"},
        headers={"standAloneToken": ready["token"]},
        verify=ready["ca_file"],
        timeout=10,
    )
    assert response.json() == {"valid": False, "errorDetail": "Invalid image"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ready_line_load_and_a_clean_end(serve: Any, tmp_path: Path, number: signal.Signals) -> None:
    process, ready = serve("--ready-file", str(tmp_path / "ready.json"))
    assert json.loads((tmp_path / "ready.json").read_text()) == ready
    assert list(ready) == ["url", "ca_file", "mlmm_url", "token"]
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
    _, errors = process.communicate(timeout=10)
    assert process.returncode in {0, -number}
    assert "Traceback" not in errors


def test_load_into_a_stopped_sandbox(serve: Any, tmp_path: Path) -> None:
    events = tmp_path / "events.ndjson"
    events.write_text(EVENT)
    data = tmp_path / "data"
    command = [*MODULE, "load", "demo.ecommerce.data", str(events), "--data-dir", str(data)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    _, ready = serve("--data-dir", str(data), "--token", "secret")
    assert "token" not in ready
    assert rows(ready, "secret") == [{"uri": "/loaded"}]


def test_without_tls(serve: Any) -> None:
    _, ready = serve("--no-tls", "--token", "secret")
    assert (ready["url"][:5], ready["ca_file"]) == ("http:", None)
    assert rows(ready, "secret") == []


def test_an_open_address_needs_credentials() -> None:
    refused = subprocess.run(
        [*MODULE, "serve", "--host", "0.0.0.0"],  # noqa: S104 - it refuses
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert refused.returncode == 1
    assert "--token" in refused.stderr
    assert refused.stdout == ""
