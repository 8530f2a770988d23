"""A server that sends the answer to a query cut at a byte, framed as wished, and counts truthfully."""

from __future__ import annotations

import json
import re
import socket
import threading
from dataclasses import dataclass, field
from types import TracebackType

HEAD = b'{"metadata":[{"name":"n","type":"int8"},{"name":"t","type":"str"}]}\r\n'
COUNT_HEAD = b'{"metadata":[{"name":"rows_n","type":"int8"}]}\r\n'


@dataclass
class CutServer:
    """Speaks plain HTTP on a port of its own; one request a connection.

    :param rows: values of ``n`` and ``t``.
    :param frame: makes the reply of the body and how much of it is sent; see ``FRAMES``.
    :param cut: bytes of the body that are sent, None for all.
    :param times: how many answers are cut before whole ones follow.
    :param count_replies: what counts are answered with before the truth, as whole HTTP replies.
    """

    rows: list[tuple[int, str]]
    frame: str = "closing"
    cut: int | None = None
    times: int = 1_000_000
    count_replies: list[bytes] = field(default_factory=list)
    asked: int = 0
    counted: int = 0

    def __post_init__(self) -> None:
        lines = (json.dumps({"d": row}, ensure_ascii=False, separators=(",", ":")) for row in self.rows)
        self.body = HEAD + b"".join(line.encode() + b"\r\n" for line in lines)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/search/query"

    def plan(self, frame: str, cut: int | None, times: int = 1_000_000) -> None:
        """Say how the next answers are sent; forget what was asked."""
        self.frame, self.cut, self.times = frame, cut, times
        self.asked = self.counted = 0

    def __enter__(self) -> CutServer:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return  # closed: the test is over
            with connection:
                connection.sendall(self._reply(_read(connection)))

    def _reply(self, request: bytes) -> bytes:
        if b"rows_n" in request:
            self.counted += 1
            if self.count_replies:
                return self.count_replies.pop(0)
            return FRAMES["chunked"](COUNT_HEAD + b'{"d":[%d]}\r\n' % len(self.rows), None)
        self.asked += 1
        return FRAMES[self.frame](self.body, self.cut if self.asked <= self.times else None)


def closing(body: bytes, cut: int | None) -> bytes:
    """Length told by the end of the connection."""
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body[:cut]


def chunked(body: bytes, cut: int | None) -> bytes:
    """In chunks; a cut one lacks the last."""
    end = b"0\r\n\r\n" if cut is None else b""
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + _chunks(body[:cut]) + end


def in_a_chunk(body: bytes, cut: int | None) -> bytes:
    """In one chunk, which a cut one does not fill."""
    if cut is None:
        return chunked(body, None)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"%x\r\n" % len(body) + body[:cut]


def length_of_whole(body: bytes, cut: int | None) -> bytes:
    """With the length of the whole, whatever is sent."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:cut]


def length_of_cut(body: bytes, cut: int | None) -> bytes:
    """With the length of what is sent, as a proxy tells it that buffered half an answer."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body[:cut]) + body[:cut]


def reframed(body: bytes, cut: int | None) -> bytes:
    """In chunks with a proper end, whatever is sent: a proxy framed half an answer anew."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + _chunks(body[:cut]) + b"0\r\n\r\n"


FRAMES = {
    made.__name__: made for made in (closing, chunked, in_a_chunk, length_of_whole, length_of_cut, reframed)
}


def _chunks(body: bytes, size: int = 100) -> bytes:
    parts = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


def _read(connection: socket.socket) -> bytes:
    """Read a request to its end: closing a socket with unread bytes resets the connection."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536)
    head, _, body = request.partition(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])  # type: ignore[index]
    while len(body) < length:
        body += connection.recv(65536)
    return body
