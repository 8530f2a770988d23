"""A server that knows one answer and sends it to whoever asks; the least that TLS and HTTP cost.

As a command it takes the file of the answer and the file for its authority, and prints its address.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import trustme

HEAD = b"\r\n".join(
    (
        b"HTTP/1.1 200 OK",
        b"Content-Type: application/json",
        b"Transfer-Encoding: chunked",
        b"Connection: close",
        b"\r\n",
    )
)
PIECE = 64 * 1024


class PlainServer:
    """A process that serves ``body`` over TLS."""

    def __init__(self, body: bytes, directory: Path) -> None:
        self.ca_file = directory / "plain-ca.pem"
        self._file = directory / "plain-body"
        self._file.write_bytes(body)

    def __enter__(self) -> PlainServer:
        command = [sys.executable, "-m", "benchmarks.plain_server", str(self._file), str(self.ca_file)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(30)


def serve(file: Path, ca_file: Path) -> None:
    """Answer one connection after the other, until told to stop."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    body = file.read_bytes()
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"https://127.0.0.1:{listening.getsockname()[1]}/search/query", flush=True)
    while True:
        plain, _ = listening.accept()
        with context.wrap_socket(plain, server_side=True) as connection:
            _hear(connection)
            _answer(connection, body)


def _hear(connection: ssl.SSLSocket) -> None:
    """Read the whole request."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        heard += connection.recv(PIECE)
    head, _, body = heard.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0].split(b":")[1]) - len(body) if lengths else 0
    while missing > 0:
        missing -= len(connection.recv(PIECE))


def _answer(connection: ssl.SSLSocket, body: bytes) -> None:
    connection.sendall(HEAD)
    for start in range(0, len(body), PIECE):
        piece = body[start : start + PIECE]
        connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
    connection.sendall(b"0\r\n\r\n")


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]))
