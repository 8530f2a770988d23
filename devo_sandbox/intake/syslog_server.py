"""Events by syslog, over TCP and TLS on one port: the first byte of a connection tells which."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import ssl
import threading
from collections.abc import Iterator

from devo_sandbox.intake.frames import BadFrameError, Frames
from devo_sandbox.intake.intake import Intake
from devo_sandbox.intake.message import Event

HANDSHAKE = b"\x16"
READ = 1 << 18
MOST_AT_ONCE = 1 << 20
BATCH = 20_000
MOST_CONNECTIONS = 256
# Longer than a client of Devo stays without sending.
IDLE_S = 600
STOP_S = 5
# As Devo's clients write it: ``<14>Jan  1 00:00:00 host my.app.web.log: message``.
DATE = r"[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{6,8}\S{0,12}"
LINE = re.compile(rf"<[0-9]{{1,3}}>(?:{DATE}) (\S{{1,255}}) ([^\s:]{{1,255}}): ?(.*)", re.DOTALL)
log = logging.getLogger(__name__)


class SyslogServer:
    """Takes events until it is closed; a thread for each connection.

    :param listening: a socket that listens.
    :param context: for TLS; None refuses it. A client needs no certificate.
    """

    def __init__(self, listening: socket.socket, intake: Intake, context: ssl.SSLContext | None) -> None:
        self.port: int = listening.getsockname()[1]
        self._listening = listening
        self._intake = intake
        self._context = context
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, name="sandbox-syslog", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def close(self) -> None:
        """Stop; what has arrived is stored."""
        with contextlib.suppress(OSError):
            # Closing alone would not wake the thread that accepts.
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        if self._thread.is_alive():
            self._thread.join(STOP_S)
        with self._lock:
            open_now = dict(self._connections)
        for connection, thread in open_now.items():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
            thread.join(STOP_S)

    def _accept(self) -> None:
        while True:
            try:
                connection, peer = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection, peer[0]), daemon=True)
            with self._lock:
                if len(self._connections) >= MOST_CONNECTIONS:
                    connection.close()
                    continue
                self._connections[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket, sender: str) -> None:
        try:
            connection.settimeout(IDLE_S)
            with self._secured(connection) as line:
                self._take(line, sender)
        except (OSError, BadFrameError) as error:
            log.warning("syslog from %s: %s", sender, error)
        except Exception:  # a thread has nobody above it to tell
            log.exception("syslog from %s", sender)
        finally:
            connection.close()
            with self._lock:
                self._connections.pop(connection, None)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._context is None or connection.recv(1, socket.MSG_PEEK) != HANDSHAKE:
            return connection
        # The same file: the connection is closed by whoever ends first.
        return self._context.wrap_socket(connection.dup(), server_side=True)

    def _take(self, line: socket.socket, sender: str) -> None:
        frames = Frames()
        while data := _read(line):
            self._store(frames.feed(data), sender)
        # The client that waits for our end knows its events stored.
        self._store(frames.end(), sender)

    def _store(self, lines: Iterator[bytes], sender: str) -> None:
        batch: list[Event] = []
        try:
            for event in _events(lines, sender):
                batch.append(event)
                if len(batch) == BATCH:
                    self._intake.store(batch)
                    batch = []
        finally:
            # Also when the lines break off: what came before is whole.
            if batch:
                self._intake.store(batch)


def _events(lines: Iterator[bytes], sender: str) -> Iterator[Event]:
    for line in lines:
        if (event := _event(line, sender)) is not None:
            yield event


def _event(line: bytes, sender: str) -> Event | None:
    """Return the event of a line, without a tag when it is malformed; None for a blank one.

    :param sender: the host of malformed lines.
    """
    text = line.decode("utf-8", "replace").rstrip("\r\x00")
    if found := LINE.fullmatch(text):
        return Event(found[1], found[2], found[3])
    return Event(sender, "", text) if text.strip() else None


def _read(line: socket.socket) -> bytes:
    """Return what has arrived, waiting for the first bytes only; none at the end."""
    parts = [line.recv(READ)]
    size = len(parts[0])
    line.setblocking(False)
    try:
        while parts[-1] and size < MOST_AT_ONCE:
            parts.append(line.recv(READ))
            size += len(parts[-1])
    except (BlockingIOError, ssl.SSLWantReadError):
        pass
    finally:
        line.settimeout(IDLE_S)
    return b"".join(parts)
