"""A proxy that speaks SOCKS5 (RFC 1928, with user and password by RFC 1929) and leads on to one server."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

_NOBODY = b"\x05\xff"


class SocksServer:
    """Leads every connection to ``port`` of this machine, whatever it is asked for; remembers that.

    :param login: user and password that it insists on; None lets everybody pass.
    """

    def __init__(self, port: int, login: tuple[str, str] | None = None) -> None:
        self._target = port
        self._login = login
        self.asked: list[tuple[str, int]] = []
        """Host and port, as a client names them: a name, or an address that it has looked up itself."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

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
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, client.makefile("rb") as sent:
            if not self._greeted(client, sent):
                return
            _, _, _, kind = sent.read(4)
            host = _host(kind, sent)
            self.asked.append((host, int.from_bytes(sent.read(2), "big")))
            with socket.create_connection(("127.0.0.1", self._target)) as server:
                client.sendall(b"\x05\x00\x00\x01" + bytes(6))
                back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
                back.start()
                _pass_on(client, server)
                back.join()

    def _greeted(self, client: socket.socket, sent: socket.SocketIO) -> bool:
        _, count = sent.read(2)
        offered, wanted = sent.read(count), 2 if self._login else 0
        if wanted not in offered:
            client.sendall(_NOBODY)
            return False
        client.sendall(bytes([5, wanted]))
        if self._login is None:
            return True
        sent.read(1)
        login = tuple(sent.read(sent.read(1)[0]).decode() for _ in range(2))
        client.sendall(b"\x01\x00" if login == self._login else b"\x01\x01")
        return login == self._login


def _host(kind: int, sent: socket.SocketIO) -> str:
    if kind == 3:
        return sent.read(sent.read(1)[0]).decode()
    family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
    return socket.inet_ntop(family, sent.read(size))


def _pass_on(from_: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while more := from_.recv(65536):
            to.sendall(more)
        to.shutdown(socket.SHUT_WR)
