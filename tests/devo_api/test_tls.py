"""TLS: whom a connection trusts, and that nothing waits beyond the deadline, whatever trickles."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from airflow_provider_devo_dga.devo_api.tls import authority_file, context_of
from airflow_provider_devo_dga.errors import DevoConnectionConfigError

SECONDS = 0.3
SLACK = 2.0
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

TRICKLES: dict[str, tuple[bytes, bytes]] = {
    "a status line": (b"HTTP/1.1 200 ", b"O"),
    "a header": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "informational answers": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "a chunk's extension": (HEAD + b"5;ext=", b"x"),
    "a chunk's size": (HEAD + b"5\r\nhello\r\n", b"0"),
    "empty room in a body": (HEAD, b"1\r\n \r\n"),
    "trailers": (HEAD + b"0\r\n", b"X: y\r\n"),
    "nothing at all": (b"", b""),
}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


Answer = Callable[[socket.socket, threading.Event], None]
Serve = Callable[[Answer], str]


@pytest.fixture
def serve(authority: trustme.CA) -> Iterator[Serve]:
    """Serve one connection of TLS by hand; return the address."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []
    over = threading.Event()

    def start(answer: Answer) -> str:
        def run() -> None:
            try:
                with listener.accept()[0] as plain, context.wrap_socket(plain, server_side=True) as tls:
                    answer(tls, over)
            except OSError:
                return  # the client has gone, as it should

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        return f"https://127.0.0.1:{listener.getsockname()[1]}/"

    yield start
    over.set()
    listener.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def asked(url: str, ca_file: str, content: bytes = b"x", seconds: float = SECONDS) -> httpx.Response:
    context = context_of(ca_file)
    context.deadline = time.monotonic() + seconds
    with httpx.Client(verify=context, timeout=30, trust_env=False) as client:
        return client.post(url, content=content)


@pytest.mark.parametrize("name", TRICKLES)
def test_what_trickles_ends_at_the_deadline(serve: Serve, ca_file: str, name: str) -> None:
    head, drop = TRICKLES[name]

    def answer(tls: socket.socket, over: threading.Event) -> None:
        tls.recv(65536)
        tls.sendall(head)
        while not over.wait(0.05):
            tls.sendall(drop)

    url = serve(answer)
    began = time.monotonic()
    with pytest.raises(httpx.TimeoutException):
        asked(url, ca_file)
    assert time.monotonic() - began < SECONDS + SLACK


def test_a_body_that_nobody_takes_ends_at_the_deadline(serve: Serve, ca_file: str) -> None:
    def answer(tls: socket.socket, over: threading.Event) -> None:
        while not over.wait(0.05):
            tls.recv(1000)

    url = serve(answer)
    began = time.monotonic()
    with pytest.raises(httpx.TimeoutException):
        asked(url, ca_file, content=bytes(50_000_000))
    assert time.monotonic() - began < SECONDS + SLACK


def test_a_handshake_that_nobody_answers_ends_at_the_deadline(ca_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        with pytest.raises(httpx.TimeoutException):
            asked(f"https://127.0.0.1:{listener.getsockname()[1]}/", ca_file)
        assert time.monotonic() - began < SECONDS + SLACK


def answer_well(tls: socket.socket, _: threading.Event) -> None:
    tls.recv(65536)
    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    while tls.recv(65536):  # a body may still come; the client closes
        continue


def test_an_answer_in_time_is_not_disturbed(serve: Serve, ca_file: str) -> None:
    assert asked(serve(answer_well), ca_file, seconds=20).text == "ok"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_environment_names_authorities(
    serve: Serve, ca_file: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(Path(ca_file).parent) if variable.endswith("DIR") else ca_file)
    with httpx.Client(verify=context_of(True), trust_env=False) as client:
        assert client.get(serve(answer_well)).text == "ok"


def test_a_folder_needs_no_hashed_names(serve: Serve, ca_file: str, tmp_path: Path) -> None:
    shutil.copy(ca_file, tmp_path / "our authority.crt")
    (tmp_path / "README").write_text("not a certificate")
    with httpx.Client(verify=context_of(str(tmp_path)), trust_env=False) as client:
        assert client.get(serve(answer_well)).text == "ok"


def test_others_are_not_trusted_unless_everybody_is(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    refused = pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED")
    with httpx.Client(verify=context_of(True), trust_env=False) as client, refused:
        client.get(serve(answer_well))
    with httpx.Client(verify=context_of(False), trust_env=False) as client:
        assert client.get(serve(answer_well)).text == "ok"


@pytest.mark.parametrize("kind", ["missing", "empty file", "no certificate", "empty folder"])
def test_what_names_no_certificate_is_refused(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "ca"
    if kind == "empty folder":
        place.mkdir()
    elif kind != "missing":
        place.write_text("" if kind == "empty file" else "hello")
    with pytest.raises(DevoConnectionConfigError, match="'verify' cannot be used"):
        context_of(str(place))


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing"))
    with pytest.raises(DevoConnectionConfigError, match="the variable REQUESTS_CA_BUNDLE cannot be used"):
        context_of(True)


def test_clients_on_requests_get_the_certificates_of_a_folder_alone(ca_file: str, tmp_path: Path) -> None:
    shutil.copy(ca_file, tmp_path / "ours.crt")
    (tmp_path / "key.pem").write_text(
        "-----BEGIN PRIVATE KEY-----\nbm90IG9uZQ==\n-----END PRIVATE KEY-----\n"
    )
    (tmp_path / "java").mkdir()

    class Client:
        pass

    client = Client()
    file = authority_file(str(tmp_path), client)
    assert isinstance(file, str)
    assert Path(file).read_text() == Path(ca_file).read_text()
