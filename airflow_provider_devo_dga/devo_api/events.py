"""Send events to Devo with the official ``Sender``: syslog over TLS, and a proof that they were taken."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import DevoConnectionConfigError, DevoTransientError

if TYPE_CHECKING:
    from devo.sender import Sender

DEFAULT_PORT = 443
DEFAULT_TIMEOUT = 30.0
_TAG = re.compile(r"my\.app\.[A-Za-z_][A-Za-z0-9_]{0,63}\.[A-Za-z_][A-Za-z0-9_]{0,63}")
_READ = 1 << 16


@dataclass(frozen=True, slots=True)
class EventsEndpoint:
    """Where events go, and with which certificate.

    :param host: the collector, e.g. ``collector-us.devo.io``.
    :param key: path of the private key, PEM.
    :param cert: path of the client's certificate, PEM.
    :param chain: path of the authorities to trust, PEM.
    :param timeout: seconds for connecting, and for each wait.
    """

    host: str
    port: int
    key: str
    cert: str
    chain: str
    timeout: float = DEFAULT_TIMEOUT

    def __post_init__(self) -> None:
        if not self.host:
            raise DevoConnectionConfigError("The connection has no host; it is the collector of your region")
        for name in ("key", "cert", "chain"):
            path = getattr(self, name)
            if not path:
                raise DevoConnectionConfigError(
                    f"The connection lacks {name!r}, the path of a PEM file: Devo takes events with a"
                    " client's certificate"
                )
            if not Path(path).is_file():
                raise DevoConnectionConfigError(f"{name!r} of the connection is no file here: {path}")


def custom_table(name: str) -> str:
    """Return the name of a custom table, checked.

    :raises DevoConnectionConfigError: for anything but ``my.app.<word>.<word>``; other tags have parsers of
        their own, or end in ``unknown.unknown``.
    """
    if not _TAG.fullmatch(name):
        raise DevoConnectionConfigError(
            f"{name!r} is no custom table: my.app.<word>.<word>, words of letters, digits and '_'"
        )
    return name


def send_events(endpoint: EventsEndpoint, table: str, lines: Iterable[str]) -> int:
    """Send lines and wait until Devo has taken all of them.

    :param table: see :func:`custom_table`.
    :param lines: one event each, without line breaks.
    :return: how many were sent; without any, nothing is connected.
    :raises DevoTransientError: connecting or sending failed, or Devo did not close the connection after the
        last event. Some may have arrived: ask Devo before sending again.
    """
    from devo.sender import DevoSenderException

    tag, sent, sender = custom_table(table).encode(), 0, None
    try:
        for line in lines:
            sender = sender or _connected(endpoint)
            sender.send(tag=tag, msg=line.encode(), zip=True)
            sent += 1
        if sender is not None:
            sender.flush_buffer()
            _finish(sender, endpoint.timeout)
    except (DevoSenderException, OSError) as error:
        raise DevoTransientError(
            f"Events could not be sent to {endpoint.host}:{endpoint.port}, after {sent}: {_said(error)}"
        ) from error
    finally:
        if sender is not None and sender.socket is not None:
            sender.socket.close()
            sender.socket = None
    return sent


def _connected(endpoint: EventsEndpoint) -> Sender:
    from devo.sender import Sender, SenderConfigSSL

    config = SenderConfigSSL(
        address=(endpoint.host, endpoint.port), key=endpoint.key, cert=endpoint.cert, chain=endpoint.chain
    )
    return Sender(config, timeout=endpoint.timeout)


def _finish(sender: Any, timeout: float) -> None:
    """End our side and wait for Devo's end: it comes when all has been read.

    ``Sender.close`` does the same and swallows what goes wrong.
    """
    line = sender.socket
    line.settimeout(timeout)
    line.shutdown(socket.SHUT_WR)
    while line.recv(_READ):
        pass


def _said(error: Exception) -> str:
    causes: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(causes) < 3:
        causes.append(str(seen).replace("\n", " ")[:200])
        seen = seen.__cause__
    return "; ".join(dict.fromkeys(causes))
