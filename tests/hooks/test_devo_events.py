"""What the test button finds out about the way to the collector, and what is asked of it."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import trustme

from airflow_provider_devo_dga.errors import DevoTransientError
from airflow_provider_devo_dga.hooks.devo_events import DevoEventsHook
from devo_sandbox.server import Sandbox
from tests.hooks.raw_server import RawServer

Certificate = dict[str, str]


def button(connect: Any, port: int, **extra: Any) -> tuple[bool, str]:
    connect(
        "events", "devo_events", host="127.0.0.1", port=port, password=None, extra={"retries": 0, **extra}
    )
    return DevoEventsHook("events").test_connection()


def taken(line: socket.socket, request: bytes) -> None:
    """Say nothing: what came is kept."""


def test_a_collector_that_takes_the_certificate(
    connect: Any, sandbox: Sandbox, certificate: Certificate
) -> None:
    assert sandbox.syslog is not None
    well, told = button(connect, sandbox.syslog["port"], **certificate)
    assert well, told
    assert "no event was sent" in told


def test_nothing_is_sent(connect: Any, certificate: Certificate, tmp_path: Path) -> None:
    over = threading.Event()
    with RawServer(lambda line, request: over.set(), tmp_path) as server:
        well, told = button(connect, server.port, **{**certificate, "chain": str(server.ca_file)})
        assert well, told
        assert over.wait(5)
    assert server.requests == [b""]


def test_a_collector_of_another_authority(
    connect: Any, sandbox: Sandbox, certificate: Certificate, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    assert sandbox.syslog is not None
    well, told = button(
        connect, sandbox.syslog["port"], **{**certificate, "chain": str(tmp_path / "other.pem")}
    )
    assert (well, "is not trusted" in told, "'chain'" in told) == (False, True, True)


def test_a_collector_that_refuses_the_certificate(
    connect: Any, certificate: Certificate, tmp_path: Path
) -> None:
    with RawServer(taken, tmp_path, trusts=trustme.CA()) as server:
        well, told = button(connect, server.port, **{**certificate, "chain": str(server.ca_file)})
    assert (well, "refuses the client's certificate" in told) == (False, True), told
    assert server.requests == []


def test_a_key_of_another_certificate(
    connect: Any, sandbox: Sandbox, certificate: Certificate, tmp_path: Path
) -> None:
    key = tmp_path / "other_key.pem"
    trustme.CA().issue_cert("other.example.com").private_key_pem.write_to_path(str(key))
    assert sandbox.syslog is not None
    well, told = button(connect, sandbox.syslog["port"], **{**certificate, "key": str(key)})
    assert (well, "belong together" in told) == (False, True), told


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"key": ""}, "extra field 'key' is empty"),
        ({"cert": "/no/such/file.pem"}, "extra field 'cert' is no file on this machine"),
        ({"key": "-----BEGIN PRIVATE KEY-----\nhush\n"}, "extra field 'key' holds the text of a PEM file"),
        ({"timeout": "soon"}, "extra field 'timeout' must be a number"),
    ],
)
def test_a_field_that_is_wrong_is_named(
    connect: Any, certificate: Certificate, extra: dict[str, str], reason: str
) -> None:
    well, told = button(connect, 1, **{**certificate, **extra})
    assert (well, reason in told, "hush" in told) == (False, True, False), told


def test_nobody_there(connect: Any, certificate: Certificate, dead_port: int) -> None:
    well, told = button(connect, dead_port, **certificate)
    assert (well, told.startswith("The collector cannot be reached")) == (False, True), told


def test_no_tls_there(connect: Any, certificate: Certificate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # the connection waits in the queue, unanswered
        well, told = button(connect, listening.getsockname()[1], **certificate, timeout=0.2)
    assert (well, told.startswith("The collector cannot be reached")) == (False, True), told


def test_connecting_is_tried_as_often_as_the_connection_says(
    connect: Any, certificate: Certificate, dead_port: int, no_pauses: None, caplog: pytest.LogCaptureFixture
) -> None:
    extra = {**certificate, "retries": 2}
    connect("gone", "devo_events", host="127.0.0.1", port=dead_port, password=None, extra=extra)
    with pytest.raises(DevoTransientError, match="could not be sent"):
        DevoEventsHook("gone").send("my.app.dga.any", ["an event"])
    assert sum("of 3 failed" in record.getMessage() for record in caplog.records) == 2
