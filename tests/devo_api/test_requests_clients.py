"""Clients built on requests keep their connections where a session of theirs does."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from weakref import WeakKeyDictionary

import pytest
import requests

from airflow_provider_devo_dga.devo_api import requests_clients
from airflow_provider_devo_dga.devo_api.requests_clients import led
from airflow_provider_devo_dga.errors import H2OConfigError


class Counting(ThreadingHTTPServer):
    """Counts connections, which it keeps, and those that have ended."""

    opened = ended = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Counting

    def setup(self) -> None:
        super().setup()
        self.server.opened += 1

    def finish(self) -> None:
        super().finish()
        self.server.ended += 1

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Counting]:
    with Counting(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def url_of(server: Counting) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def test_a_session_asks_over_one_connection(server: Counting) -> None:
    with requests.Session() as session, led(url_of(server), True, H2OConfigError, seconds=20.0):
        for _ in range(5):
            assert session.get(f"{url_of(server)}/a").ok
        assert server.opened == 1
        with requests.Session() as another:
            assert another.get(f"{url_of(server)}/a").ok
        assert server.opened == 2


def test_nothing_is_kept_for_a_session_that_is_gone(
    server: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
    monkeypatch.setattr(requests_clients, "WeakKeyDictionary", lambda: kept)
    with led(url_of(server), True, H2OConfigError):
        with requests.Session() as session:
            session.get(url_of(server))
            assert len(kept) == 1
        del session
        gc.collect()
        assert len(kept) == 0
