"""The way of every connection: one rule for proxies, one for authorities, whichever client makes the call."""

from __future__ import annotations

import json
import logging
import shutil
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoDgaError
from airflow_provider_devo_dga.redaction import keep_secret
from tests.hooks.raw_server import RawServer, dripping, reply
from tests.hooks.ways import CALLS, EVERY_CALL, LOGIN, SECONDS, SECRET, SLACK, asked, is_permanent


def status(line: str) -> Callable[[socket.socket, bytes], None]:
    words = f"HTTP/1.1 {line}\r\nContent-Length: 0\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"
    return lambda connection, _: connection.sendall(words.encode())


PROXIES: dict[str, tuple[Callable[[socket.socket, bytes], None], bool, str]] = {
    "wants a login": (status("407 Proxy Authentication Required"), True, "wants another login"),
    "lets nothing pass": (status("403 Forbidden"), True, "does not let this pass (HTTP 403)"),
    "is overloaded": (status("502 Bad Gateway"), False, ""),
    "quotes the login": (status(f"502 user:{LOGIN}"), False, ""),
    "hangs up": (lambda connection, _: connection.close(), False, ""),
    "speaks something else": (lambda connection, _: connection.sendall(b"220 smtp\r\n\r\n"), False, ""),
    "drips": (dripping("200 Connection established"), False, ""),
}


@pytest.mark.parametrize("call", EVERY_CALL)
@pytest.mark.parametrize("kind", PROXIES)
def test_a_proxy_that_leads_nowhere(
    define: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    kind: str,
    call: str,
) -> None:
    answer, permanent, words = PROXIES[kind]
    caplog.set_level("DEBUG")
    define(timeout=SECONDS if kind == "drips" else 20.0)
    with RawServer(answer, tmp_path, tls=False) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{LOGIN}@127.0.0.1:{proxy.port}")
        error, seconds = asked(call)
    text = str(error)
    assert LOGIN not in "".join(traceback.format_exception(error)) + caplog.text
    assert (is_permanent(error), words in text, seconds < SECONDS + SLACK) == (permanent, True, True), text
    tunnels = [sent for sent in proxy.requests if sent]  # past the deadline nothing is sent
    assert {sent.partition(b" HTTP")[0] for sent in tunnels} == {b"CONNECT devo.example:8443"}
    if permanent:
        assert len(tunnels) == 1
        assert f"the proxy 127.0.0.1:{proxy.port} of HTTPS_PROXY" in text


UNUSABLE = {
    "has no host": ("HTTPS_PROXY", f"http://user:{LOGIN}@", "does not hold the address of a proxy"),
    "has a wrong port": ("https_proxy", f"http://user:{LOGIN}@proxy:port", "does not hold the address"),
    "speaks nothing known": ("HTTPS_PROXY", "ftp://proxy:1", "does not hold the address of a proxy"),
}


@pytest.mark.parametrize("call", EVERY_CALL)
@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_proxy_that_cannot_be_used(
    define: Any, monkeypatch: pytest.MonkeyPatch, kind: str, call: str
) -> None:
    variable, value, words = UNUSABLE[kind]
    define()
    monkeypatch.setenv(variable, value)
    error, _ = asked(call)
    text = str(error)
    assert (is_permanent(error), words in text, variable in text) == (True, True, True), text
    assert LOGIN not in text


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawServer]:
    """Serve an answer that none of the clients can read: to whom it is asked, its certificate was trusted."""
    body = json.dumps({"experiments": []}).encode()
    answer = reply(body, "Content-Type: application/json")
    with RawServer(lambda connection, _: connection.sendall(answer), tmp_path_factory.mktemp("ca")) as server:
        yield server


def pasted(text: str) -> str:
    return " ".join(text.split())


TRUSTED: dict[str, Callable[[Path, Path], tuple[dict[str, str], Any]]] = {
    "REQUESTS_CA_BUNDLE": lambda file, _: ({"REQUESTS_CA_BUNDLE": str(file)}, True),
    "SSL_CERT_FILE": lambda file, _: ({"SSL_CERT_FILE": str(file)}, True),
    "SSL_CERT_DIR": lambda _, folder: ({"SSL_CERT_DIR": str(folder)}, True),
    "a file": lambda file, _: ({"REQUESTS_CA_BUNDLE": "/no/such"}, str(file)),
    "a folder": lambda _, folder: ({}, str(folder)),
    "a PEM text": lambda file, _: ({}, file.read_text()),
    "a PEM text as a form leaves it": lambda file, _: ({}, pasted(file.read_text())),
    "a PEM text with \\n": lambda file, _: ({}, file.read_text().replace("\n", "\\n")),
    "nobody is asked for": lambda _, __: ({}, False),
}


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("call", EVERY_CALL)
@pytest.mark.parametrize("way", TRUSTED)
def test_one_way_to_give_an_authority(
    define: Any, served: RawServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str, call: str
) -> None:
    shutil.copy(served.ca_file, tmp_path / "our authority.crt")
    (tmp_path / "README").write_text("no certificate")
    variables, verify = TRUSTED[way](served.ca_file, tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    define("127.0.0.1", served.port, verify=verify)
    served.requests.clear()
    with suppress(DevoDgaError):
        CALLS[call]()
    assert served.requests  # none is sent to whom is not trusted


UNTRUSTED: dict[str, tuple[dict[str, str], Any, str]] = {
    "certifi's only": ({}, True, "certificate is not trusted"),
    "no file": (
        {},
        "/no/such/ca.pem",
        "'/no/such/ca.pem' of the connection's extra field 'verify' cannot be used",
    ),
    "no file of a variable": ({"SSL_CERT_FILE": "/no/such"}, True, "variable SSL_CERT_FILE cannot be used"),
    "a cut PEM text": ({}, f"-----BEGIN CERTIFICATE-----\n{SECRET * 9}", "'verify' cannot be used"),
    "a damaged PEM text": (
        {},
        f"-----BEGIN CERTIFICATE-----\n{SECRET}\n-----END CERTIFICATE-----",
        "'verify' cannot be used",
    ),
    "a private key": (
        {},
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
        "'verify' cannot be used",
    ),
    "a token": ({}, SECRET, "'verify' cannot be used"),
}


@pytest.mark.parametrize("call", EVERY_CALL)
@pytest.mark.parametrize("way", UNTRUSTED)
def test_an_authority_that_is_none(
    define: Any, served: RawServer, monkeypatch: pytest.MonkeyPatch, way: str, call: str
) -> None:
    variables, verify, words = UNTRUSTED[way]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    define("127.0.0.1", served.port, verify=verify)
    served.requests.clear()
    error, _ = asked(call)
    text = str(error)
    assert (is_permanent(error), words in text, SECRET in text) == (True, True, False), text
    assert served.requests == []


@pytest.mark.parametrize(
    ("logger", "line"),
    [
        ("httpcore.socks", f"setup_socks5_connection.started auth=(b'user', b'{SECRET}')"),
        ("httpcore.http11", f"receive_response_headers.complete return_value=[(b'X', b'Bearer {SECRET}')]"),
        ("httpx", f"HTTP Request: GET https://host/?token={SECRET}"),
        (
            "urllib3.connectionpool",
            'https://host:443 "GET /a?X-Amz-Signature=s3cret-77a1b2c3d4 HTTP/1.1" 200',
        ),
        ("fsspec.http", "Fetch https://account.blob.example/c/a.csv?sv=1&sig=s3cret-77a1b2c3d4"),
    ],
)
def test_what_http_clients_log_shows_no_secret(
    caplog: pytest.LogCaptureFixture, logger: str, line: str
) -> None:
    keep_secret(SECRET)
    caplog.set_level("DEBUG", logger=logger)
    logging.getLogger(logger).debug("%s", line)
    try:
        raise OSError(line)
    except OSError:
        logging.getLogger(logger).debug("", exc_info=True)
    # MLflow, once loaded, hides parts of addresses before us, in its own words
    assert caplog.text.replace("[REDACTED]", "***").count("***") == 2
    assert SECRET not in caplog.text
