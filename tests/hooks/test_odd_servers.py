"""Servers of every type that answer oddly, or quote what they were sent: typed, in time, without secrets."""

from __future__ import annotations

import base64
import json
import socket
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hooks.raw_server import RawServer, dripping, reply
from tests.hooks.ways import EVERY_CALL, EVERY_TYPE, LOGIN, SECONDS, SECRET, SLACK, TESTS, asked

JSON = "Content-Type: application/json"
Answer = Callable[[socket.socket, bytes], None]


def says(body: str, status: str = "200 OK", *headers: str) -> Answer:
    return lambda connection, _: connection.sendall(reply(body.encode(), *headers, status=status))


def quotes(status: str, *headers: str, form: str = "{}") -> Answer:
    """Quote the line of the request with the credentials, as a gateway does that is asked to debug."""

    def answer(connection: socket.socket, request: bytes) -> None:
        lines = request.decode(errors="replace").splitlines()
        line = next(line for line in lines if SECRET in line or "authorization:" in line.lower())
        connection.sendall(reply(form.format(json.dumps(line)[1:-1]).encode(), *headers, status=status))

    return answer


H2O_ERROR = '{{"__meta": {{"schema_name": "H2OErrorV3"}}, "msg": "{}"}}'
ODD: dict[str, Answer] = {
    "a page": says("<html>Please log in</html>"),
    "a list": says("[7]", "200 OK", JSON),
    "null": says("null", "200 OK", JSON),
    "a number": says("7", "200 OK", JSON),
    "nothing in it": says("{}", "200 OK", JSON),
    "nothing": says("", "200 OK", JSON),
    "no content": says("", "204 No Content"),
    "half of JSON": says('{"experiments": [', "200 OK", JSON),
    "other letters": lambda connection, _: connection.sendall(reply(b"\xff\xfe{}", JSON)),
    "a hang up": lambda connection, _: connection.close(),
    "no HTTP": lambda connection, _: connection.sendall(b"SSH-2.0-x\r\n\r\n"),
    "a redirection": says("", "302 Found", "Location: http://127.0.0.1:9/login"),
    "a redirection with the body": says("", "307 Temporary Redirect", "Location: /elsewhere"),
    "not found": says("not here", "404 Not Found"),
    "refused": says("no", "403 Forbidden"),
    "a fault": says("oops", "500 Internal Server Error"),
    "a trickle": dripping("200 OK"),
    "a quote of 401": quotes("401 Unauthorized"),
    "a quote of 400": quotes("400 Bad Request", JSON, form=H2O_ERROR),
    "a quote of 412": quotes(
        "412 Precondition Failed", JSON, form=H2O_ERROR.replace("msg", "exception_type")
    ),
    "a quote of 500": quotes("500 Internal Server Error", JSON, form='{{"msg": "{}"}}'),
    "a quote in an error code": quotes("418 Teapot", JSON, form='{{"error_code": "{}", "message": "x"}}'),
    "a quote in a page": quotes("200 OK", form="<html>{}"),
    "a quote in a redirection": quotes("302 Found", f"Location: https://{SECRET}/"),
    "a quote in the status line": lambda connection, request: connection.sendall(
        b"HTTP/1.1 599 " + request.replace(b"\r\n", b" ") + b"\r\nContent-Length: 0\r\n\r\n"
    ),
}
PIECES = (SECRET, SECRET[:9], base64.b64encode(f"somebody:{SECRET}".encode()).decode()[12:24])


@pytest.mark.parametrize("call", EVERY_CALL)
@pytest.mark.parametrize("kind", [kind for kind in ODD if "quote" in kind])
def test_a_server_that_quotes_puts_no_secret_anywhere(
    define: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path, kind: str, call: str
) -> None:
    caplog.set_level("DEBUG")
    with RawServer(ODD[kind], tmp_path) as server:
        define("127.0.0.1", server.port, verify=str(server.ca_file))
        error, _ = asked(call)
    told = "".join(traceback.format_exception(error)) + repr(vars(error)) + caplog.text
    assert server.requests
    assert [piece for piece in PIECES if piece in told] == []


PASSING = {
    ("a quote of 400", "devo"),  # about the query, not about the connection
    ("nothing in it", "mlflow"),  # no experiment
    ("nothing", "mlflow"),
}


@pytest.mark.parametrize("conn_type", EVERY_TYPE)
@pytest.mark.parametrize("kind", ODD)
def test_the_test_button_never_shows_a_traceback(
    define: Any, tmp_path: Path, kind: str, conn_type: str
) -> None:
    if (kind, conn_type) == ("a trickle", "mlflow"):
        pytest.skip("its 30 s are fixed; test_ways.py has the same with a second")
    with RawServer(ODD[kind], tmp_path) as server:
        timeout = SECONDS if kind == "a trickle" else 20.0
        define("127.0.0.1", server.port, timeout, verify=str(server.ca_file))
        began = time.monotonic()
        passed, text = TESTS[conn_type]().test_connection()
    assert server.requests
    assert passed is ((kind, conn_type) in PASSING), text
    most = 10 if conn_type == "mlflow" else SECONDS  # its client tries again, after pauses
    assert time.monotonic() - began < most + SLACK
    assert [piece for piece in PIECES if piece in text] == []


UNREACHABLE: dict[str, tuple[str, dict[str, str]]] = {
    "a proxy of SOCKS": ("devo.example", {"ALL_PROXY": f"socks5://user:{LOGIN}@proxy.example"}),
    "a proxy that is none": ("devo.example", {"HTTPS_PROXY": f"http://user:{LOGIN}@"}),
    "a dead proxy": ("devo.example", {"HTTPS_PROXY": f"http://user:{LOGIN}@127.0.0.1:9"}),
    "no such CA": ("127.0.0.1", {"SSL_CERT_FILE": "/no/such"}),
    "no such name": ("no-such-host.invalid", {}),
    "an address of IPv6": ("[::1]", {}),
    "no address": ("https://[::1", {}),
    "no host": ("", {}),
    "a host with a login": (f"https://user:{SECRET}@host", {}),
    "a name with an underscore": ("a_b.invalid", {}),
    "a name that is too long": (f"{'a' * 70}.invalid", {}),
    "a name of other letters": ("bücher.invalid", {}),
    "a name with an empty part": ("a..b.invalid", {}),
    "a proxy's name with an empty part": ("devo.example", {"HTTPS_PROXY": "http://a..b:1"}),
}


@pytest.mark.parametrize("conn_type", EVERY_TYPE)
@pytest.mark.parametrize("kind", UNREACHABLE)
def test_the_test_button_says_what_cannot_be_reached(
    define: Any, monkeypatch: pytest.MonkeyPatch, kind: str, conn_type: str
) -> None:
    host, variables = UNREACHABLE[kind]
    define(host, 9)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    passed, text = TESTS[conn_type]().test_connection()
    assert (passed, LOGIN in text, SECRET in text) == (False, False, False), text
    assert len(text) > 20
