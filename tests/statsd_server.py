"""A StatsD server for tests: it takes the datagrams that Airflow's own client sends."""

from __future__ import annotations

import socket
from types import TracebackType


class StatsdServer:
    """Listens on a free port; ``read`` returns what has come since the last call."""

    def __enter__(self) -> StatsdServer:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def read(self) -> list[str]:
        """Return the datagrams of this provider, without Airflow's prefix, e.g. ``query.rows:2|c``."""
        return [told.removeprefix("airflow.devo_dga.") for told in self.all() if "devo_dga" in told]

    def all(self) -> list[str]:
        """Return every datagram; on the loopback what was sent is there."""
        found = []
        while True:
            try:
                found.append(self._socket.recv(65_536).decode())
            except BlockingIOError:
                return found
