"""What the test button finds out about the way to the collector, and what is asked of it."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import trustme

from airflow_provider_devo_dga.devo_api.pem import pem_files
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


@pytest.mark.parametrize("broken_by", ["\n", "\\n", " ", "", "\r\n"])
def test_pem_texts_stand_for_paths_and_leave_no_file(
    connect: Any, sandbox: Sandbox, certificate: Certificate, broken_by: str, tmp_path: Path, monkeypatch: Any
) -> None:
    (scratch := tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    pasted = {name: Path(path).read_text().replace("\n", broken_by) for name, path in certificate.items()}
    pasted["private_key"] = pasted.pop("key")
    assert sandbox.syslog is not None
    well, told = button(connect, sandbox.syslog["port"], **pasted)
    assert well, told
    assert list(scratch.iterdir()) == []


def test_the_text_of_a_key_is_read_from_the_old_field_with_a_warning(
    connect: Any, sandbox: Sandbox, certificate: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    text = Path(certificate["key"]).read_text()
    assert sandbox.syslog is not None
    well, told = button(connect, sandbox.syslog["port"], **{**certificate, "key": text})
    assert well, told
    assert "move it to 'private_key'" in caplog.text
    assert text.splitlines()[1] not in caplog.text


def test_files_of_pem_texts_are_private(certificate: Certificate) -> None:
    text = Path(certificate["key"]).read_text()
    with pem_files(text, certificate["cert"]) as (key, cert):
        assert cert == certificate["cert"]
        assert (Path(key).read_text(), Path(key).stat().st_mode & 0o777) == (text, 0o600)
    assert not Path(key).exists()


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
        ({"key": ""}, "extra field 'private_key' is empty"),
        ({"cert": "/no/such/file.pem"}, "extra field 'cert' is neither a whole PEM text nor a file"),
        ({"key": "-----BEGIN PRIVATE KEY-----\nhush\n"}, "extra field 'key' is neither a whole PEM text"),
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
