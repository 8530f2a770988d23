"""A server that answers each request with what a function says: for what no honest server or proxy sends."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme


class RawServer:
    """One request a connection, each in a thread of its own.

    :param answer: is given the connection and the request.
    :param folder: for the certificate of the authority.
    :param trusts: a client needs a certificate of this authority.
    :param tls: without it, it is a proxy.
    """

    def __init__(
        self,
        answer: Callable[[socket.socket, bytes], None],
        folder: Path,
        *,
        trusts: trustme.CA | None = None,
        tls: bool = True,
    ) -> None:
        self._answer = answer
        self._tls = tls
        self.requests: list[bytes] = []
        authority = trustme.CA()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._context)
        if trusts is not None:
            self._context.verify_mode = ssl.CERT_REQUIRED
            trusts.configure_trust(self._context)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.ca_file = folder / f"ca-{self.port}.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        # whoever has left early is not told more
        with suppress(OSError), raw, self._dressed(raw) as connection:
            request = _read(connection)
            self.requests.append(request)
            self._answer(connection, request)

    def _dressed(self, raw: socket.socket) -> socket.socket:
        return self._context.wrap_socket(raw, server_side=True) if self._tls else raw


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer of known length, after which the connection ends."""
    lines = [f"HTTP/1.1 {status}", "Connection: close", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def dripping(status: str) -> Callable[[socket.socket, bytes], None]:
    """Return what answers with a status and then a header every twentieth of a second, for ten seconds."""

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(f"HTTP/1.1 {status}\r\n".encode())
        for _ in range(200):
            connection.sendall(b"X: y\r\n")
            time.sleep(0.05)

    return answer


def _read(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        if not (more := connection.recv(65536)):
            return request
        request += more
    length = re.search(rb"(?i)content-length: *(\d+)", request)
    whole = request.index(b"\r\n\r\n") + 4 + int(length[1] if length else 0)
    while len(request) < whole:
        request += connection.recv(65536)
    return request
