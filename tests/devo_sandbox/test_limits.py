"""What a client may send, and how many may ask at once."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from devo_sandbox.api import body_limit
from devo_sandbox.api.protocol import MOST_HEAD
from devo_sandbox.auth import CLOCK_SKEW_MS
from devo_sandbox.tenant import Habits

TABLE = "from demo.ecommerce.data"
KEY, SECRET = "session-key", "session-secret"


def signed(
    api: Any, moment: str, key: str = KEY, secret: str = SECRET, path: str = "jobs"
) -> requests.Response:
    sign = hmac.new(secret.encode(), (key + moment).encode(), hashlib.sha256).hexdigest()
    headers = {"x-logtrust-apikey": key, "x-logtrust-timestamp": moment, "x-logtrust-sign": sign}
    return requests.get(
        f"{api.sandbox.base_url}/search/{path}", headers=headers, verify=api.sandbox.ca_file, timeout=10
    )


@contextlib.contextmanager
def connected(api: Any) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=api.sandbox.ca_file)
    with (
        socket.create_connection((api.sandbox.host, api.sandbox.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        yield connection


def test_a_signed_request_without_a_body(api: Any) -> None:
    assert signed(api, str(int(time.time() * 1000))).json()["status"] == 0


@pytest.mark.parametrize("late_ms", [-CLOCK_SKEW_MS - 5000, CLOCK_SKEW_MS + 5000])
def test_a_signed_request_must_be_fresh(api: Any, late_ms: int) -> None:
    response = signed(api, str(int(time.time() * 1000) + late_ms))
    assert (response.status_code, response.json()["code"]) == (401, 12)
    almost = late_ms - 10_000 if late_ms > 0 else late_ms + 10_000
    assert signed(api, str(int(time.time() * 1000) + almost)).status_code == 200


@pytest.mark.parametrize("moment", ["", "soon", "-1", "1e3", "\u0661", "9" * 30])
def test_a_moment_that_is_none(api: Any, moment: str) -> None:
    sign = hmac.new(SECRET.encode(), (KEY + moment).encode(), hashlib.sha256).hexdigest()
    headers = {"x-logtrust-apikey": KEY, "x-logtrust-timestamp": moment.encode(), "x-logtrust-sign": sign}
    response = requests.get(
        f"{api.sandbox.base_url}/search/jobs", headers=headers, verify=api.sandbox.ca_file, timeout=10
    )
    assert (response.status_code, response.json()["code"]) == (401, 12)


@pytest.mark.parametrize(("key", "secret"), [(KEY, "wrong"), ("wrong", SECRET), ("", "")])
def test_a_wrong_key_or_signature(api: Any, key: str, secret: str) -> None:
    response = signed(api, str(int(time.time() * 1000)), key, secret)
    assert (response.status_code, response.json()["code"]) == (401, 12)


def test_a_query_has_a_largest_size(api: Any) -> None:
    text = f'{TABLE} where uri = "{"x" * body_limit.MOST}"'
    response = api.query(text)
    assert (response.status_code, response.json()["error"]) == (413, "Bad parameters")
    assert response.json()["cid"]
    assert api.query(TABLE).status_code == 200


def test_a_body_of_untold_length_is_bounded_too(api: Any) -> None:
    pieces = (b" " * 65_536 for _ in range(17))
    response = requests.post(
        api.sandbox.url,
        data=pieces,
        headers={"Authorization": f"Bearer {api.sandbox.token}"},
        verify=api.sandbox.ca_file,
        timeout=10,
    )
    assert response.status_code == 413


def test_events_may_be_larger(api: Any) -> None:
    events = [{"eventdate": 1, "uri": "x" * 1000}] * 1200
    assert len(json.dumps(events)) > body_limit.MOST
    schema = {"columns": [{"name": "eventdate", "type": "timestamp"}, {"name": "uri", "type": "str"}]}
    api.post("/_sandbox/tables/large", schema)
    assert api.load("large", events).json() == {"inserted": 1200}


@pytest.mark.parametrize("path", ["/search/query", "/_sandbox/tables/demo.ecommerce.data/events"])
def test_nobody_uploads_without_credentials(api: Any, path: str) -> None:
    """The refusal comes while the body is still on its way."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n"
    with connected(api) as connection:
        connection.sendall(head.encode())
        assert connection.recv(12) == b"HTTP/1.1 401"


@pytest.mark.parametrize("start", ["GET /", "GET / HTTP/1.1\r\nx-long: ", "GET / HTTP/1.1\r\n"])
def test_a_head_has_a_largest_size(api: Any, start: str) -> None:
    more = b"x: y\r\n" * 2000 if start.endswith("\n") else b"x" * 12_000
    with connected(api) as connection:
        connection.sendall(start.encode())
        # What comes after the refusal is thrown away.
        for _ in range(2 * MOST_HEAD // len(more)):
            connection.sendall(more)
        assert connection.recv(12) == b"HTTP/1.1 400"
    assert api.query(TABLE).status_code == 200


def test_large_bodies_and_many_heads_on_one_connection(api: Any) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {api.sandbox.token}"
        for size in (10, 900_000, 10, 300_000) * 5:
            body = json.dumps({"x": "y" * size, "from": 1, "to": 2, "query": TABLE})
            response = session.post(api.sandbox.url, data=body, verify=api.sandbox.ca_file, timeout=10)
            assert response.status_code == 200


@pytest.mark.slow
def test_a_hundred_clients_at_once(fresh: Callable[..., Any]) -> None:
    api = fresh(habits=Habits(keep_alive_s=0.5, poll_s=0.1))
    schema = {"columns": [{"name": "eventdate", "type": "timestamp"}, {"name": "n", "type": "int4"}]}
    api.post("/_sandbox/tables/many", schema)
    api.load("many", [{"eventdate": 1767225600000 + n, "n": n} for n in range(5000)])
    together = threading.Barrier(100)

    def ask(number: int) -> int:
        together.wait(30)
        form = ("json/simple/compact", "json", "csv", "json/simple")[number % 4]
        text = f"from many where n >= {number} select n"
        if number % 10 == 0:
            # one that waits for the end of its window
            window = (1767225600, int(time.time()) + 2)
            text += " limit 10000"
        else:
            window = (1767225600, 1767229200)
        response = api.query(text, window=window, mode={"type": form})
        assert response.status_code == 200, response.text
        rows = len(response.json()["object"]) if form == "json" else response.text.strip().count("\n") + 1
        return int(rows) - (form in {"json/simple/compact", "csv"})

    with ThreadPoolExecutor(100) as clients:
        found = list(clients.map(ask, range(100)))
    assert found == [5000 - number for number in range(100)]
