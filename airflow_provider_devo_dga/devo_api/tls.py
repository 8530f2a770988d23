"""The TLS of every call: whom it trusts, and until when it waits.

Time-outs of HTTP clients bound single steps: a peer that sends a byte now and then is waited for without an
end, be it in the head of an answer, in informational answers, in chunk extensions or in trailers. All of that
comes through one socket, so the deadline is kept there, for httpx and for the official clients alike.
"""

from __future__ import annotations

import math
import os
import ssl
import time
from pathlib import Path
from typing import Any

from airflow_provider_devo_dga.errors import DevoConnectionConfigError

_BUNDLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that name the authorities to trust where the connection does not, first one first."""


class BoundedSocket(ssl.SSLSocket):
    """A TLS socket that waits no longer than the deadline of its context, whatever time-out is set on it."""

    def _bound(self) -> None:
        context = self.context
        left = context.deadline - time.monotonic() if isinstance(context, BoundedContext) else math.inf
        if left <= 0:
            raise TimeoutError("The deadline of the whole exchange has passed")
        timeout = self.gettimeout()
        if left < math.inf and (timeout is None or timeout > left):
            self.settimeout(left)

    def do_handshake(self, block: bool = False) -> None:
        self._bound()
        super().do_handshake(block)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self._bound()
        return super().recv(buflen, flags)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self._bound()
        return super().recv_into(buffer, nbytes, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        """Send before the deadline; ``sendall`` goes through here."""
        self._bound()
        return super().send(data, flags)


class BoundedContext(ssl.SSLContext):
    """A client's TLS context, whose sockets all end at ``deadline``, of ``time.monotonic``."""

    sslsocket_class = BoundedSocket
    deadline = math.inf


def context_of(verify: bool | str) -> BoundedContext:
    """Return the TLS context that ``verify`` of a connection stands for.

    :param verify: True trusts what ``REQUESTS_CA_BUNDLE``, ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` name, else
        the authorities of certifi; a path a file or folder of authorities; False everybody.
    :raises DevoConnectionConfigError: there is no certificate at the path.
    """
    context = BoundedContext(ssl.PROTOCOL_TLS_CLIENT)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if isinstance(verify, str):
        _trust(context, verify, "the connection's extra field 'verify'")
        return context
    for variable in _BUNDLES:
        if place := os.environ.get(variable):
            _trust(context, place, f"the variable {variable}")
            return context
    import certifi

    context.load_verify_locations(certifi.where())
    return context


def _trust(context: ssl.SSLContext, place: str, told_by: str) -> None:
    try:
        if Path(place).is_dir():
            _load_folder(context, Path(place))
        else:
            context.load_verify_locations(cafile=place)
    except (OSError, ValueError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or type(error).__name__
        raise DevoConnectionConfigError(
            f"The CA file {_shown(place)} of {told_by} cannot be used ({reason});"
            " name a PEM file of the authorities to trust, or a folder of such files, or write true or false"
        ) from None


def _load_folder(context: ssl.SSLContext, folder: Path) -> None:
    """Trust every certificate in a folder, also where it lacks the hashed names that OpenSSL looks for."""
    found = 0
    for file in sorted(folder.iterdir()):
        try:
            context.load_verify_locations(cafile=file)
            found += 1
        except (OSError, ssl.SSLError):
            continue  # keys and texts may lie beside the certificates
    if not found:
        raise FileNotFoundError(2, "no PEM file with a certificate")


def _shown(place: str) -> str:
    # what is no path may be a key that was put into the wrong field
    return repr(place) if len(place) < 300 and place.isprintable() else "(no path)"
