"""Both readers against a server that misbehaves on the socket; the async one asks each question once."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from airflow_provider_devo_dga.devo_api.access import Credentials, Endpoint, Limits
from airflow_provider_devo_dga.devo_api.async_reader import AsyncReader
from airflow_provider_devo_dga.devo_api.query import Completeness, Query
from airflow_provider_devo_dga.devo_api.reader import Reader
from airflow_provider_devo_dga.devo_api.transport import transport_to
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.devo_api.wire import Batch
from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoIncompleteError,
    DevoQueryError,
    DevoResultError,
    DevoThrottledError,
    DevoTransientError,
)

WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC))
HEAD = b'{"m":{"n":{"type":"int8","index":0}},"metadata":[{"name":"n","type":"int8"}]}\r\n'
ROWS = HEAD + b'{"d":[1]}\r\n{"d":[2]}\r\n'
COUNT = b'{"metadata":[{"name":"rows_n","type":"int8"}]}\r\n{"d":[%d]}\r\n'
SECRET = "hunter2"
QUERY = Query("from t", WINDOW)


def closing_reply(body: bytes, status: str = "200 OK", extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nConnection: close\r\n{extra}\r\n".encode() + body


def chunked(*parts: bytes, ended: bool = True) -> bytes:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return (
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        + chunks
        + (b"0\r\n\r\n" if ended else b"")
    )


def take_request(connection: socket.socket) -> None:
    """Read a request to its end: closing a socket with unread bytes resets the connection."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536)
    head, _, body = request.partition(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])  # type: ignore[index]
    while len(body) < length:
        body += connection.recv(65536)


class Server:
    """Answers each connection with the next of the given byte strings, then closes it."""

    def __init__(self, replies: list[bytes], linger: float = 0.0) -> None:
        self.replies, self.linger, self.asked = replies, linger, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/search/query"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                take_request(connection)
                reply = self.replies[min(self.asked, len(self.replies) - 1)]
                self.asked += 1
                connection.sendall(reply)
                time.sleep(self.linger)


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def make(*replies: bytes, linger: float = 0.0) -> Server:
        made.append(Server(list(replies), linger))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()


def read_sync(url: str, limits: Limits, how: Completeness = "framing") -> list[Batch]:
    with transport_to(url, True, limits).client() as client:
        return list(Reader(client, endpoint(url), limits).batches(QUERY, how))


def read_async(url: str, limits: Limits, how: Completeness = "framing") -> list[Batch]:
    async def read() -> list[Batch]:
        async with transport_to(url, True, limits).async_client() as client:
            return await AsyncReader(client, endpoint(url), limits.timeout).whole(QUERY, how)

    return asyncio.run(read())


def endpoint(url: str) -> Endpoint:
    return Endpoint(url, Credentials(token=SECRET))


def rows_of(batches: list[Batch]) -> list[object]:
    return [value for batch in batches for (value,) in batch.rows]


READ = pytest.mark.parametrize("read", [read_sync, read_async], ids=["sync", "async"])
ONCE = Limits(timeout=5, retries=0)


@READ
def test_a_framed_answer_proves_its_end(server: Callable[..., Server], read: Callable) -> None:
    whole = server(chunked(HEAD, b'{"d":[1]}\r\n    {"d"', b":[2]}\r\n"))
    batches = read(whole.url, ONCE)
    assert (rows_of(batches), whole.asked) == ([1, 2], 1)
    assert batches[-1].columns[0].name == "n"


@READ
@pytest.mark.parametrize("extra", ["", f"Content-Length: {len(ROWS)}\r\n"])
def test_an_answer_without_frames_is_counted(
    server: Callable[..., Server], read: Callable, extra: str
) -> None:
    whole = server(closing_reply(ROWS, extra=extra), closing_reply(COUNT % 2))
    assert (rows_of(read(whole.url, ONCE)), whole.asked) == ([1, 2], 2)


@READ
@pytest.mark.parametrize("number", [1, 3])
def test_rows_that_are_not_as_many_as_counted_are_an_error(
    server: Callable[..., Server], read: Callable, number: int
) -> None:
    with pytest.raises(DevoIncompleteError, match="counts") as caught:
        read(server(closing_reply(ROWS), closing_reply(COUNT % number)).url, ONCE)
    assert caught.value.rows_read == 2


@READ
def test_a_count_that_lost_its_number_proves_nothing(server: Callable[..., Server], read: Callable) -> None:
    nothing = (COUNT % 0).partition(b"\r\n")[0] + b"\r\n"
    # not even in chunks: whoever frames half an answer anew gives it an end
    for reply in (closing_reply(nothing), chunked(nothing)):
        with pytest.raises(DevoIncompleteError, match="without its number"):
            read(server(closing_reply(HEAD), reply).url, ONCE)


@READ
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (closing_reply(ROWS + b'{"d":[3'), DevoIncompleteError),
        (chunked(HEAD, b'{"d":[1]}\r\n', ended=False), DevoIncompleteError),
        (closing_reply(ROWS, extra="Content-Length: 9999\r\n"), DevoIncompleteError),
        (closing_reply(ROWS + b'{"e":[500,"boom"]}\r\n'), DevoIncompleteError),
        (closing_reply(b""), DevoIncompleteError),
        (b"", DevoTransientError),
        (b"rubbish\r\n\r\n", DevoTransientError),
        (closing_reply(b"<html>", "502 Bad Gateway"), DevoTransientError),
        (closing_reply(b'{"code":5,"msg":"Token invalid"}', "403 Forbidden"), DevoAuthError),
        (closing_reply(b"", "302 Found", "Location: https://login.example/\r\n"), DevoConnectionConfigError),
    ],
)
def test_a_fault_is_a_typed_error_without_the_secret(
    server: Callable[..., Server], read: Callable, reply: bytes, kind: type[Exception]
) -> None:
    with pytest.raises(kind) as caught:
        read(server(reply).url, ONCE)
    assert type(caught.value) is kind
    assert SECRET not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"


def test_what_may_pass_is_tried_again(server: Callable[..., Server]) -> None:
    flaky = server(
        closing_reply(b"", "503 Busy"),
        closing_reply(b"", "429 Slow", "Retry-After: 0\r\n"),
        chunked(ROWS),
    )
    assert rows_of(read_sync(flaky.url, Limits(timeout=5, retries=2))) == [1, 2]
    assert flaky.asked == 3


def test_rows_that_were_handed_out_are_never_read_twice(server: Callable[..., Server]) -> None:
    cut = server(chunked(HEAD, b'{"d":[1]}\r\n', ended=False), closing_reply(ROWS))
    with pytest.raises(DevoIncompleteError) as caught:
        read_sync(cut.url, Limits(timeout=5, retries=3))
    assert (caught.value.rows_read, cut.asked) == (1, 1)


@READ
@pytest.mark.parametrize("status", ["401 No", "403 No", "400 Bad", "404 Gone"])
def test_what_cannot_pass_is_asked_once(server: Callable[..., Server], read: Callable, status: str) -> None:
    refusing = server(closing_reply(b"{}", status))
    with pytest.raises(Exception, match="Devo"):
        read(refusing.url, Limits(timeout=5, retries=3))
    assert refusing.asked == 1


def test_a_long_retry_after_is_left_to_the_task(server: Callable[..., Server]) -> None:
    slow = server(closing_reply(b"", "429 Slow", "Retry-After: 3600\r\n"))
    with pytest.raises(DevoThrottledError) as caught:
        read_sync(slow.url, Limits(timeout=5, retries=3))
    assert (caught.value.retry_after, slow.asked) == (3600, 1)


@READ
def test_silence_ends_at_the_timeout(server: Callable[..., Server], read: Callable) -> None:
    silent = server(b"HTTP/1.1 200 OK\r\n\r\n" + HEAD, linger=5)
    with pytest.raises(DevoTransientError, match="was not whole within"):
        read(silent.url, Limits(timeout=0.3, retries=0))


@READ
def test_keep_alives_do_not_stretch_the_timeout(read: Callable) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            take_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + HEAD)
            for _ in range(100):
                try:
                    connection.sendall(b"    ")
                except OSError:
                    return
                time.sleep(0.05)

    threading.Thread(target=drip, daemon=True).start()
    with listener, pytest.raises(DevoTransientError, match="not whole within"):
        read(f"http://127.0.0.1:{listener.getsockname()[1]}/", Limits(timeout=0.4, retries=0))


@READ
def test_a_dead_port_is_named(read: Callable) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DevoTransientError, match=f"127.0.0.1:{port}"):
        read(f"http://127.0.0.1:{port}/", ONCE)


def test_a_ca_file_that_is_not_there_is_named() -> None:
    with pytest.raises(DevoConnectionConfigError, match="no-such-file"):
        transport_to("https://a.example/", "no-such-file.pem", ONCE)


@READ
@pytest.mark.parametrize(
    "odd",
    [ROWS, HEAD + b'{"d":[null]}\r\n', b'{"e":[500,"Error Launching Query"]}\r\n'],
    ids=["rows", "null", "refused"],
)
def test_what_devo_cannot_count_is_left_to_its_framing(
    server: Callable[..., Server], read: Callable, odd: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert rows_of(read(server(chunked(ROWS), chunked(odd)).url, ONCE, "auto")) == [1, 2]
    assert "cannot count this query" in caplog.text
    for how, rows in (("auto", closing_reply(ROWS)), ("count", chunked(ROWS))):
        with pytest.raises((DevoQueryError, DevoResultError)):
            read(server(rows, chunked(odd)).url, ONCE, how)
