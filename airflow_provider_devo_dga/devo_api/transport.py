"""What httpx is told for Devo, and what its failures mean."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.devo_api.limits import Limits
from airflow_provider_devo_dga.errors import DevoConnectionConfigError, DevoError, DevoTransientError

if TYPE_CHECKING:
    import httpx

_SILENCE_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
# subclasses of SSLError that say "not now" or "gone", not "never"
_TLS_INTERRUPTED = (
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
    ssl.SSLSyscallError,
)


def http_options(verify: bool | str, limits: Limits) -> dict[str, Any]:
    """Return the options of an httpx client: certificate check, time-outs of single steps, no redirects."""
    import httpx

    return {
        "verify": trust_of(verify),
        "timeout": httpx.Timeout(
            min(_SILENCE_SECONDS, limits.timeout), connect=min(_CONNECT_SECONDS, limits.timeout)
        ),
    }


def trust_of(verify: bool | str) -> bool | ssl.SSLContext:
    """Return what ``verify`` stands for.

    :param verify: True, False, or the path of a CA file.
    :raises DevoConnectionConfigError: the file is not there, or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=verify) if isinstance(verify, str) else verify
    except (OSError, ssl.SSLError) as error:
        raise DevoConnectionConfigError(
            f"The CA file {verify!r} of the connection's 'verify' cannot be used: {error}"
        ) from error


def transport_error(error: httpx.HTTPError, url: str) -> DevoError:
    """Return the error that httpx's failure to talk to ``url`` stands for; never with its headers."""
    import httpx

    if isinstance(error, httpx.ConnectError) and (refused := _tls_refusal(error)) is not None:
        if isinstance(refused, ssl.SSLCertVerificationError):
            return DevoConnectionConfigError(
                "The server's certificate is not trusted; check the connection's host,"
                " or name your CA file in its extra field 'verify'"
            )
        return DevoConnectionConfigError(
            f"The server does not speak TLS as Devo does ({refused.reason}); check the connection's host"
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return DevoConnectionConfigError(
            f"The connection's host or credentials cannot be sent ({type(error).__name__}); check them"
        )
    where = httpx.URL(url)
    return DevoTransientError(
        f"No answer from {where.host}:{where.port or 443} ({type(error).__name__});"
        " check the address, the network and whether the server is up"
    )


def _tls_refusal(error: BaseException | None) -> ssl.SSLError | None:
    """Return the TLS error behind a failed handshake, None when the connection was merely lost in it."""
    while error is not None:
        if isinstance(error, ssl.SSLError) and not isinstance(error, _TLS_INTERRUPTED):
            return error
        error = error.__cause__ or error.__context__
    return None
