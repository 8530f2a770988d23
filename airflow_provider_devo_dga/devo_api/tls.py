"""The sockets of every call: whom their TLS trusts, and until when they wait.

Time-outs of HTTP clients bound single steps: a peer that sends a byte now and then is waited for without an
end, be it in the head of an answer, in informational answers, in chunk extensions or in trailers. So does a
proxy that is asked for a tunnel. All of that comes through one socket, so the deadline is kept there, for
httpx and for clients built on requests alike.
"""

from __future__ import annotations

import math
import os
import re
import socket
import ssl
import time
import weakref
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from airflow_provider_devo_dga.devo_api.pem import pem_files, pem_text
from airflow_provider_devo_dga.errors import DevoConnectionConfigError

_BUNDLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that name the authorities to trust where the connection does not, first one first."""
_LETTERS = re.compile(r"-----|[A-Za-z0-9+/=]{40}")


class _Bounded(socket.socket):
    """A socket that waits no longer than the deadline of its context, whatever time-out is set on it."""

    def _bound(self) -> None:
        context = getattr(self, "context", None)
        left = context.deadline - time.monotonic() if isinstance(context, BoundedContext) else math.inf
        if left <= 0:
            raise TimeoutError("The deadline of the whole exchange has passed")
        timeout = self.gettimeout()
        if left < math.inf and (timeout is None or timeout > left):
            self.settimeout(left)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self._bound()
        return super().recv(buflen, flags)

    def recv_into(self, buffer: Any, *sizes: Any) -> int:
        self._bound()
        return super().recv_into(buffer, *sizes)

    def send(self, data: Any, flags: int = 0) -> int:
        self._bound()
        return super().send(data, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self._bound()
        super().sendall(data, flags)


class BoundedSocket(_Bounded, ssl.SSLSocket):
    """A TLS socket with a deadline."""

    def do_handshake(self, block: bool = False) -> None:
        self._bound()
        super().do_handshake(block)


class PlainSocket(_Bounded):
    """A socket with a deadline before its TLS, or without any."""

    context: BoundedContext


class BoundedContext(ssl.SSLContext):
    """A client's TLS context, whose sockets all end at ``deadline``, of ``time.monotonic``."""

    sslsocket_class = BoundedSocket
    deadline = math.inf

    def bound(self, plain: socket.socket) -> PlainSocket:
        """Return a connected socket as one that ends at the deadline, too."""
        timeout = plain.gettimeout()
        bounded = PlainSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
        bounded.settimeout(timeout)
        bounded.context = self
        return bounded


def context_of(verify: bool | str) -> BoundedContext:
    """Return the TLS context that ``verify`` of a connection stands for.

    :param verify: True trusts what ``REQUESTS_CA_BUNDLE``, ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` name, else
        the authorities of certifi; a PEM text, or the path of a file or folder, those in it; False everybody.
    :raises DevoConnectionConfigError: there is no certificate in the text or at the path.
    """
    context = BoundedContext(ssl.PROTOCOL_TLS_CLIENT)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if isinstance(verify, str):
        _trust(context, verify, "the connection's extra field 'verify'")
        return context
    if variable := _variable():
        _trust(context, os.environ[variable], f"the variable {variable}")
        return context
    import certifi

    context.load_verify_locations(certifi.where())
    return context


def authority_file(verify: bool | str, client: object) -> bool | str:
    """Return ``verify`` as clients built on requests take it: True, False, or the path of a file.

    A PEM text, or the certificates of a folder, get a private file that goes away with ``client``.

    :raises DevoConnectionConfigError: there is no certificate in the text or at the path.
    """
    context_of(verify)  # requests has a bare OSError for a CA file it cannot read, and quotes it
    variable = _variable()
    place = os.environ[variable] if verify is True and variable else verify
    if isinstance(place, bool):
        return place
    if pem_text(place) is None and Path(place).is_dir():
        files = _load_folder(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), Path(place))
        place = "".join(file.read_text(errors="replace") for file in files)
    stack = ExitStack()
    weakref.finalize(client, stack.close)
    return stack.enter_context(pem_files(place))[0]


def shown_path(text: str) -> str:
    """Return what was given for a path, in quotes, unless it may be a part of a key or a secret."""
    looks_like_one = "/" in text or text.endswith((".pem", ".crt", ".cer"))
    hides = len(text) > 300 or not text.isprintable() or _LETTERS.search(text)
    return repr(text) if looks_like_one and not hides else "(not shown: no path)"


def _variable() -> str | None:
    return next((variable for variable in _BUNDLES if os.environ.get(variable)), None)


def _trust(context: ssl.SSLContext, place: str, told_by: str) -> None:
    try:
        if text := pem_text(place):
            context.load_verify_locations(cadata=text)
        elif Path(place).is_dir():
            _load_folder(context, Path(place))
        else:
            context.load_verify_locations(cafile=place)
    except (OSError, ValueError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or type(error).__name__
        raise DevoConnectionConfigError(
            f"The CA file {shown_path(place)} of {told_by} cannot be used ({reason});"
            " give the PEM text of the authorities to trust, its file, or a folder of such files, or write"
            " true or false"
        ) from None


def _load_folder(context: ssl.SSLContext, folder: Path) -> list[Path]:
    """Trust every certificate in a folder, also where it lacks the hashed names that OpenSSL looks for.

    :return: the files that hold them.
    """
    found: list[Path] = []
    for file in sorted(folder.iterdir()):
        try:
            context.load_verify_locations(cafile=file)
            found.append(file)
        except (OSError, ssl.SSLError):
            continue  # keys and texts may lie beside the certificates
    if not found:
        raise FileNotFoundError(2, "no PEM file with a certificate")
    return found
