"""What a failed call of Devo means, by whichever client it was made: one typed error for each."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from airflow_provider_devo_dga.devo_api.proxy import proxy_for
from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoError,
    DevoPermanentError,
    DevoQueryError,
    DevoResultError,
    DevoThrottledError,
    DevoTransientError,
    ModelRejectedError,
)
from airflow_provider_devo_dga.redaction import beginning, heard, quiet

if TYPE_CHECKING:
    import httpx
    from requests import Response

_UNKNOWN_TABLE = 624
_LATER = {408, 425}  # request timeout, too early
_LAUNCH = "Error Launching Query"
# subclasses of SSLError that say "not now" or "gone", not "never"
_TLS_INTERRUPTED = (
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
    ssl.SSLSyscallError,
)
_OURS = {401, 403, 404, 408, 425, 429}


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, query: str | None = None) -> DevoError:
    """Return the error that a reply with another status than 200 stands for.

    :param headers: lower-case names.
    :param body: the reply's body, or its beginning.
    :param query: the LINQ that was sent, kept with a ``DevoQueryError``.
    """
    answer = _json(body)
    facts: dict[str, Any] = {"status": status, "code": answer.get("code"), "cid": answer.get("cid")}
    text = heard(words_of(answer)) or f"the answer begins {beginning(body)}"
    if status in {401, 403}:
        return DevoAuthError(
            f"Devo refused the credentials: {text}. Check the token (or key and secret) of the connection,"
            " its expiry, and that it may read this table",
            **facts,
        )
    if status == 429:
        return DevoThrottledError(
            f"Devo asks to slow down: {text}", retry_after=_retry_after(headers), **facts
        )
    if status == 400 or (status == 500 and refuses_query(answer)):
        return DevoQueryError(f"Devo refused the query: {text}", query=query, **facts)
    if status >= 500 or status in _LATER:
        return DevoTransientError(f"Devo cannot answer now: {text}", **facts)
    if 300 <= status < 400 or status == 404:
        text = _redirection(headers) if status < 400 else text
        return DevoConnectionConfigError(
            f"There is no Devo API at this address: {text}. Check the connection's host", **facts
        )
    return DevoPermanentError(f"Devo gave an answer that is not known here: {text}", **facts)


def _redirection(headers: Mapping[str, str]) -> str:
    """Return where a redirection leads: the host alone, for the rest may hold a token."""
    try:
        host = urlsplit(headers.get("location", "")).hostname
    except ValueError:
        host = "what is no address"
    return f"it redirects to {heard(host or 'another path')}, and no redirection is followed"


def _json(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def words_of(answer: dict[str, Any]) -> str:
    """Return what Devo says in the body of a refusal, with its details, as it stands; maybe nothing."""
    headline = answer.get("msg") or answer.get("error")
    if isinstance(headline, dict):
        headline = headline.get("message") or headline.get("msg") or headline
    words: list[Any] = [headline]
    details = answer.get("object")
    words += details if isinstance(details, list) else []
    kept = [str(word) for word in words if word]
    # Devo repeats its headline as the first detail
    return ": ".join(dict.fromkeys(kept))


def is_launch_error(text: str) -> bool:
    """Tell whether Devo's words are about a query that it could not begin, rather than about itself."""
    return _LAUNCH in text


def refuses_query(answer: dict[str, Any]) -> bool:
    """Tell whether the body of a refusal is about the query."""
    return answer.get("code") == _UNKNOWN_TABLE or is_launch_error(words_of(answer))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def transport_error(error: httpx.HTTPError, url: str) -> DevoError:
    """Return the error that httpx's failure to talk to ``url`` stands for; never with its headers."""
    import httpx

    quiet(error)
    if isinstance(error, httpx.ConnectError) and (refused := tls_refusal(error)) is not None:
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
    if isinstance(error, httpx.ProxyError):
        return _proxy_error(error, url)
    return DevoTransientError(
        f"No answer from {_host_of(url)} ({type(error).__name__});"
        " check the address, the network and whether the server is up"
    )


def overdue(url: str, seconds: float) -> DevoTransientError:
    """Return the error of a call whose answer was not whole at its deadline."""
    return DevoTransientError(
        f"The answer of {_host_of(url)} was not whole within {seconds:g} s; try again, or give it longer"
    )


def _host_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 443}"


def _proxy_error(error: httpx.ProxyError, url: str) -> DevoError:
    proxy = proxy_for(url) or "the proxy"
    status = str(error)[:3]
    if status == "407":
        return DevoConnectionConfigError(
            f"On the way to Devo is {proxy}, which wants another login than it got (HTTP 407); write user and"
            " password into the variable, or take Devo's host out by NO_PROXY"
        )
    if status.isdigit() and status < "500":
        return DevoConnectionConfigError(
            f"On the way to Devo is {proxy}, which does not let this pass (HTTP {status}); ask its owner to"
            " let Devo's host through, or take the host out by NO_PROXY"
        )
    return DevoTransientError(f"No answer by way of {proxy} ({heard(error) or type(error).__name__})")


def tls_refusal(error: BaseException | None) -> ssl.SSLError | None:
    """Return the TLS error behind a failed handshake, None when the connection was merely lost in it."""
    while error is not None:
        if isinstance(error, ssl.SSLError) and not isinstance(error, _TLS_INTERRUPTED):
            return error
        error = error.__cause__ or error.__context__
    return None


def raise_for_status(response: Response, *_: Any, **__: Any) -> None:
    """Raise what the official client would report without its status, or not at all; a hook of requests.

    A redirection above all: requests would follow it, to whatever host, with the token in its header.

    :raises DevoError: for a redirection, refused credentials, and a fault of the server's that may pass.
    """
    status = response.status_code
    # an error of the Model Manager's own has a code, and may be a 500 that refuses a model
    if status < 300 or (status >= 400 and status not in _OURS and _has_code(response)):
        return
    if status < 400 or status >= 500 or status in _OURS:
        raise refusal(status, response.headers, response.content)


def _has_code(response: Response) -> bool:
    try:
        answer = response.json()
    except ValueError:
        return False
    return isinstance(answer, dict) and "code" in answer


@contextmanager
def typed_errors() -> Iterator[None]:
    """Give the official client's errors the types of this provider."""
    from devo_ml.modelmanager import error as theirs
    from requests.exceptions import RequestException, SSLError

    try:
        yield
    except theirs.TokenError as error:
        quiet(error)
        raise DevoAuthError("The Model Manager refuses the token: invalid or expired", code=5) from error
    except theirs.ModelManagerError as error:
        quiet(error)
        cause = error.__cause__
        if isinstance(cause, SSLError):
            raise DevoConnectionConfigError(
                "The Model Manager's certificate is not trusted; check the host,"
                " or name your CA file in the extra field 'verify'"
            ) from error
        if isinstance(cause, RequestException):
            raise DevoTransientError(
                f"No answer from the Model Manager ({type(cause).__name__});"
                " check the address, the network and whether the server is up"
            ) from error
        told = heard(error.msg)
        if told.startswith("Invalid url"):
            raise DevoConnectionConfigError(
                "The Model Manager's client does not take this host; use a full name or an IP address"
            ) from error
        raise ModelRejectedError(
            f"The Model Manager refuses: {told or 'no reason given'}",
            detail=told,
            code=error.code if type(error.code) is int else None,
        ) from error
    except (AttributeError, TypeError, ValueError, KeyError, RecursionError) as error:
        # the client trips over what is not as it thinks; it reads a login page as None
        raise DevoResultError(
            "The Model Manager's answer is not its own; check the connection's host: this may be a proxy or a"
            " login page"
        ) from error
