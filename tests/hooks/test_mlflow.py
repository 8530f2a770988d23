"""MLflowHook: which history it leads to, what it says when it cannot, and where credentials go."""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import FeatureError, HistoryConfigError
from airflow_provider_devo_dga.hooks.mlflow import MLflowHook


class Server(ThreadingHTTPServer):
    """As much of an MLflow server as lists experiments, for one who shows the right credentials."""

    wanted = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.seen: list[tuple[str, str]] = []


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        shown = self.headers.get("Authorization", "")
        self.server.seen.append((self.path, shown))
        welcome = shown == self.server.wanted
        found = json.dumps({"experiments": [{"experiment_id": "0", "name": "Default"}]})
        body = found if welcome else "You are not authenticated."
        self.send_response(200 if welcome else 401)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its base's name
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    def define(**fields: Any) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_MLFLOW_TEST", json.dumps({"conn_type": "mlflow", **fields}))

    return define


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ({"password": "sesame"}, "Bearer sesame"),
        ({"login": "me", "password": "sesame"}, f"Basic {base64.b64encode(b'me:sesame').decode()}"),
        ({}, ""),
    ],
)
def test_the_credentials_go_to_the_server_and_nowhere_else(
    server: Server,
    connect: Any,
    fields: dict[str, str],
    header: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "of someone else")
    caplog.set_level(logging.DEBUG)
    connect(host=f"http://127.0.0.1:{server.server_port}/", **fields)
    server.wanted = header
    assert MLflowHook("mlflow_test").test_connection() == (True, "MLflow answers, with 1 experiment(s)")
    assert server.seen == [("/api/2.0/mlflow/experiments/search", header)]
    server.wanted = "another"
    passed, reason = MLflowHook("mlflow_test").test_connection()
    assert (passed, "refuses the credentials (401)" in reason) == (False, True)
    assert "sesame" not in caplog.text + reason + "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("fields", "uri"),
    [
        ({"host": "mlflow.example.com"}, "https://mlflow.example.com"),
        ({"host": "https://mlflow.example.com/below/"}, "https://mlflow.example.com/below"),
        ({"host": "http://mlflow", "port": 5000}, "http://mlflow:5000"),
        ({"host": "http://[::1]:5000"}, "http://[::1]:5000"),
    ],
)
def test_the_host_is_the_tracking_uri(connect: Any, fields: dict[str, Any], uri: str) -> None:
    connect(**fields)
    assert MLflowHook("mlflow_test").get_conn().uri == uri


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("", "has no host"),
        ("sqlite:///x.db", "https or http address"),
        ("https://me:sesame@mlflow", "plain address"),
        ("https://mlflow:port", "not an address"),
    ],
)
def test_a_host_that_cannot_be_used_is_told_of(connect: Any, host: str, reason: str) -> None:
    connect(host=host)
    passed, said = MLflowHook("mlflow_test").test_connection()
    assert (passed, reason in said, "sesame" in said) == (False, True, False)


def test_a_token_without_tls_is_warned_of(connect: Any, capsys: pytest.CaptureFixture[str]) -> None:
    connect(host="http://mlflow", password="sesame")
    server = MLflowHook("mlflow_test").get_conn()
    assert "without TLS" in capsys.readouterr().out
    assert (server.token, server.username, server.password) == ("sesame", None, None)


@pytest.mark.parametrize("folder", [None, "", "s3://bucket/dga"])
def test_no_history_is_kept_and_said(folder: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    assert MLflowHook(history_dir=folder).history("m") is None
    assert "No model history" in capsys.readouterr().out


def test_the_file_lies_in_the_folder(tmp_path: Path) -> None:
    history = MLflowHook(history_dir=tmp_path.as_uri()).history("m")
    assert history is not None
    assert history.server.file == tmp_path / "mlflow.db"
    assert history.server.artifacts == (tmp_path / "mlflow-artifacts").as_uri()


def test_without_a_connection_there_is_no_server() -> None:
    with pytest.raises(HistoryConfigError, match="give mlflow_conn_id"):
        MLflowHook().get_conn()


def test_a_hostile_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeatureError):
        MLflowHook(history_dir=str(tmp_path)).history("m' or '1")
