"""A secret is in no exception, no traceback, no log line and no repr, whatever goes wrong."""

from __future__ import annotations

import json
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import DevoDgaError
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_jobs import DevoJobs
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from tests.hooks.raw_server import RawServer, reply

TOKEN = "tok-8f3a61c27b5e4d90"
SECRETS = {
    "password": TOKEN,
    "jwt_token": "jwt-51b0c7aa09",
    "api_key": "key-77d1e0f2",
    "api_secret": "sec-90cc1d3e",
}

Read = Callable[[str, Any], object]


def read_rows(conn_id: str, devo: Any) -> object:
    return DevoHook(conn_id).get_records("from demo.ecommerce.data", **devo.window)


def start_job(conn_id: str, devo: Any) -> object:
    window = Window(devo.window["from_"], devo.window["to"])
    return DevoJobs(DevoHook(conn_id)).submit("from demo.ecommerce.data", window, "donothing", {}, "a-job")


def get_job(conn_id: str, devo: Any) -> object:
    return DevoJobs(DevoHook(conn_id)).get("a-job")


def get_model(conn_id: str, devo: Any) -> object:
    return MLModelManagerHook(conn_id).get_model("a_model")


def list_models(conn_id: str, devo: Any) -> object:
    return MLModelManagerHook(conn_id).get_models()


WAYS_TO_FAIL = {
    "refused": {},
    "dead": {"port": 9},
    "not trusted": {"extra": {"verify": True}},
    "no such CA file": {"extra": {"verify": "/no/such/file"}},
    "no TLS host": {"host": "http://127.0.0.1"},
    "no such name": {"host": "no-such-host.invalid", "extra": {"verify": True}},
    "a line break behind the token": {"password": f"{TOKEN}\n"},
    "a letter in the token that no header takes": {"password": f"{TOKEN}\u00e9"},
}


@pytest.mark.parametrize("read", [read_rows, start_job, get_job, get_model, list_models])
@pytest.mark.parametrize("way", WAYS_TO_FAIL)
def test_the_token_is_nowhere(
    devo: Any,
    connect: Any,
    no_pauses: None,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    read: Read,
    way: str,
) -> None:
    caplog.set_level("DEBUG")
    fields = {"password": TOKEN, "conn_type": "devo", **WAYS_TO_FAIL[way]}
    connect("leaky", **fields)
    with pytest.raises(DevoDgaError) as caught:
        read("leaky", devo)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert TOKEN not in told
    assert TOKEN not in caplog.text
    assert TOKEN not in "".join(capfd.readouterr())


QUOTING = {
    "in its body": lambda head: reply(
        json.dumps({"code": 12, "msg": head}).encode(), status="401 Unauthorized"
    ),
    "in a page": lambda head: reply(f"<html>{head}".encode()),
    "in a refusal's page": lambda head: reply(f"<html>{head}".encode(), status="403 Forbidden"),
    "in place of a row": lambda head: reply(
        b'{"m": {"n": {"type": "int4", "index": 0}}}\n' + json.dumps({"e": [500, head]}).encode()
    ),
    "in place of its first line": lambda head: reply(json.dumps({"e": [head[-30:], head]}).encode()),
    "in an answer about a job": lambda head: reply(
        json.dumps({"status": 100, "error": head, "cid": head}).encode()
    ),
    "in its status line": lambda head: f"HTTP/9 200 {' '.join(head.split())}\r\n\r\n".encode(),
    "in a redirection": lambda head: reply(b"", f"Location: https://{head.split()[-1]}/", status="302 Found"),
}


@pytest.mark.parametrize("read", [read_rows, start_job, get_job, get_model, list_models])
@pytest.mark.parametrize("way", QUOTING)
def test_a_server_that_quotes_the_request_puts_no_secret_anywhere(
    connect: Any, devo: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path, read: Read, way: str
) -> None:
    caplog.set_level("INFO")

    def answer(connection: socket.socket, request: bytes) -> None:
        quoted = next(line for line in request.decode().splitlines() if TOKEN in line)
        connection.sendall(QUOTING[way](quoted))

    with RawServer(answer, tmp_path) as server:
        extra = {"verify": str(server.ca_file), "retries": 0}
        connect("leaky", conn_type="devo", password=TOKEN, host="127.0.0.1", port=server.port, extra=extra)
        with pytest.raises(DevoDgaError) as caught:
            read("leaky", devo)
    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value)) + caplog.text
    assert TOKEN not in told
    assert TOKEN[:8] not in told


def test_key_and_secret_are_nowhere(
    devo: Any, connect: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    connect(
        "leaky",
        extra={name: SECRETS[name] for name in ("jwt_token", "api_key", "api_secret")},
        password=TOKEN,
    )
    hook = DevoHook("leaky")
    with pytest.raises(DevoDgaError) as caught:
        hook.get_records("from demo.ecommerce.data", **devo.window)
    told = "".join(traceback.format_exception(caught.value))
    told += repr(hook.settings) + repr(vars(hook)) + caplog.text + "".join(capfd.readouterr())
    assert [name for name, secret in SECRETS.items() if secret in told] == []


def test_airflow_masks_what_the_hook_reads(connect: Any) -> None:
    from airflow.sdk.log import redact

    connect(
        "leaky",
        extra={name: SECRETS[name] for name in ("jwt_token", "api_key", "api_secret")},
        password=TOKEN,
    )
    assert DevoHook("leaky").settings.credentials.token == TOKEN
    assert (
        redact(f"a line with {' and '.join(SECRETS.values())}") == "a line with *** and *** and *** and ***"
    )
