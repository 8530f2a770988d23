"""Send events to Devo with the official ``Sender``: syslog over TLS, and to the connection's end."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.devo_api.access import Limits
from airflow_provider_devo_dga.devo_api.attempts import Attempts, Observer
from airflow_provider_devo_dga.devo_api.faults import tls_refusal
from airflow_provider_devo_dga.devo_api.pem import pem_files
from airflow_provider_devo_dga.errors import DevoConnectionConfigError, DevoError, DevoTransientError
from airflow_provider_devo_dga.redaction import heard

if TYPE_CHECKING:
    from devo.sender import Sender

_LIMITS = Limits(timeout=30.0)
_TAG = re.compile(r"my\.app\.[A-Za-z_][A-Za-z0-9_]{0,63}\.[A-Za-z_][A-Za-z0-9_]{0,63}")
_READ = 1 << 16
_OBJECTION_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class EventsEndpoint:
    """Where events go, and with which certificate.

    :param host: the collector, e.g. ``collector-us.devo.io``.
    :param key: the private key, PEM: its text or its path; so are the other two.
    :param cert: the client's certificate.
    :param chain: the authorities to trust.
    :param limits: seconds for connecting and for each wait; further attempts to connect.
    """

    host: str
    port: int
    key: str = field(repr=False)
    cert: str
    chain: str
    limits: Limits = _LIMITS


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


def send_events(
    endpoint: EventsEndpoint, table: str, lines: Iterable[str], observer: Observer | None = None
) -> int:
    """Send lines and wait until the collector closes, which proves nothing: ask Devo what arrived.

    :param table: see :func:`custom_table`.
    :param lines: one event each, without line breaks.
    :param observer: is told of further attempts to connect; what was sent is never sent again here.
    :return: how many were sent; without any, nothing is connected.
    :raises DevoTransientError: connecting or sending failed, or Devo did not close the connection after the
        last event. Some may have arrived: ask Devo before sending again.
    """
    from devo.sender import DevoSenderException

    tag, sent, sender = custom_table(table).encode(), 0, None
    try:
        for line in lines:
            sender = sender or Attempts(endpoint.limits, observer).repeated(lambda: _connected(endpoint))
            sender.send(tag=tag, msg=line.encode(), zip=True)
            sent += 1
        if sender is not None:
            sender.flush_buffer()
            _finish(sender, endpoint.limits.timeout)
    except (DevoSenderException, OSError) as error:
        raise DevoTransientError(
            f"Events could not be sent to {endpoint.host}:{endpoint.port}, after {sent}: {_said(error)}"
        ) from error
    finally:
        _close(sender)
    return sent


def check_endpoint(endpoint: EventsEndpoint) -> None:
    """Connect, show the certificate, and leave without an event.

    TLS 1.3 lets a client believe itself connected before the server has looked at its certificate; an
    objection comes right after.

    :raises DevoConnectionConfigError: one of the two does not trust the other, or the files do not fit.
    :raises DevoTransientError: nobody answers, or hangs up at once.
    """
    sender = _connected(endpoint)
    try:
        sender.socket.settimeout(min(_OBJECTION_SECONDS, endpoint.limits.timeout))
        if not sender.socket.recv(1):
            raise ConnectionResetError("the collector hangs up at once; does it know the certificate?")
    except TimeoutError:
        return
    except OSError as error:
        raise _fault(endpoint, error) from error
    finally:
        _close(sender)


def _connected(endpoint: EventsEndpoint) -> Sender:
    from devo.sender import DevoSenderException, Sender, SenderConfigSSL

    try:
        with pem_files(endpoint.key, endpoint.cert, endpoint.chain) as (key, cert, chain):
            address = (endpoint.host, endpoint.port)
            config = SenderConfigSSL(address=address, key=key, cert=cert, chain=chain)
            return Sender(config, timeout=endpoint.limits.timeout)
    except (DevoSenderException, OSError) as error:
        raise _fault(endpoint, error) from error


def _fault(endpoint: EventsEndpoint, error: Exception) -> DevoError:
    """Return what a connection that could not be made stands for."""
    where, refused = f"{endpoint.host}:{endpoint.port}", tls_refusal(error)
    if isinstance(refused, ssl.SSLCertVerificationError):
        return DevoConnectionConfigError(
            f"The collector's certificate at {where} is not trusted ({refused.verify_message}); check the"
            " connection's host and the authorities in its extra field 'chain'"
        )
    if refused is not None and "ALERT" in (refused.reason or ""):
        return DevoConnectionConfigError(
            f"The collector at {where} refuses the client's certificate ({refused.reason}); check the"
            " connection's extra fields 'key' and 'cert', and that Devo issued them for this domain"
        )
    if refused is not None:
        return DevoConnectionConfigError(
            f"No TLS with {where} ({refused.reason or 'unreadable PEM'}); check the connection's host and"
            " port, and that its extra fields 'key' and 'cert' belong together"
        )
    return DevoTransientError(
        f"Events could not be sent to {where}: {_said(error)}; check the address, the network and whether the"
        " collector is up"
    )


def _close(sender: Sender | None) -> None:
    # not its own close(), which would wait without a limit
    if sender is not None and sender.socket is not None:
        sender.socket.close()
        sender.socket = None


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
        causes.append(heard(seen, 200))
        seen = seen.__cause__
    return "; ".join(dict.fromkeys(causes))
