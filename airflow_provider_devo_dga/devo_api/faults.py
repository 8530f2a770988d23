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
_SOCKS_LOGINS = ("Requested ", "Invalid username")


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
        text = redirection(headers) if status < 400 else text
        return DevoConnectionConfigError(
            f"There is no Devo API at this address: {text}. Check the connection's host", **facts
        )
    return DevoPermanentError(f"Devo gave an answer that is not known here: {text}", **facts)


def redirection(headers: Mapping[str, str]) -> str:
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
        return not_trusted(refused)
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return DevoConnectionConfigError(
            f"The connection's host or credentials cannot be sent ({type(error).__name__}); check them"
        )
    if isinstance(error, httpx.ProxyError):
        return proxy_error(str(error), url)
    proxy = proxy_for(url)
    return DevoTransientError(
        f"No answer from {_host_of(url)}{f' by way of {proxy}' if proxy else ''} ({type(error).__name__});"
        " check the address, the network and whether the server is up"
    )


def not_trusted(refused: ssl.SSLError) -> DevoConnectionConfigError:
    """Return the error that a failed handshake stands for."""
    if isinstance(refused, ssl.SSLCertVerificationError):
        return DevoConnectionConfigError(
            f"The server's certificate is not trusted ({refused.verify_message}); check the connection's"
            " host, or give the authority in its extra field 'verify'"
        )
    return DevoConnectionConfigError(
        f"The server does not speak TLS as it should ({refused.reason}); check the connection's host"
    )


def overdue(url: str, seconds: float) -> DevoTransientError:
    """Return the error of a call whose answer was not whole at its deadline."""
    return DevoTransientError(
        f"The answer of {_host_of(url)} was not whole within {seconds:g} s; try again, or give it longer"
    )


def _host_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (80 if parts.scheme == 'http' else 443)}"


def proxy_error(told: str, url: str) -> DevoError:
    """Return the error that a proxy's refusal to lead to ``url`` stands for.

    :param told: the status it answers with, and words; or what httpx says of one that speaks SOCKS.
    """
    on_the_way = f"On the way to {_host_of(url)} is {proxy_for(url) or 'a proxy'}"
    if told.startswith(("407", *_SOCKS_LOGINS)):
        status = " (HTTP 407)" if told.startswith("407") else ""
        return DevoConnectionConfigError(
            f"{on_the_way}, which wants another login than it got{status}; write user and password into the"
            " variable, or take the host out by NO_PROXY"
        )
    if told[:3].isdigit() and told < "500":
        return DevoConnectionConfigError(
            f"{on_the_way}, which does not let this pass (HTTP {told[:3]}); ask its owner to let the host"
            " through, or take the host out by NO_PROXY"
        )
    return DevoTransientError(f"{on_the_way}, which gives no answer ({heard(told) or 'nothing'}); try again")


def tls_refusal(error: BaseException | None) -> ssl.SSLError | None:
    """Return the TLS error behind a failed handshake, None when the connection was merely lost in it."""
    while error is not None:
        if isinstance(error, ssl.SSLError) and not isinstance(error, _TLS_INTERRUPTED):
            return error
        # urllib3 wraps what it never raised
        wrapped = next((told for told in error.args if isinstance(told, BaseException)), None)
        error = error.__cause__ or error.__context__ or wrapped
    return None


def raise_for_status(response: Response) -> None:
    """Raise what the official client would report without its status, or not at all, a redirection above all.

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

    try:
        yield
    except theirs.TokenError as error:
        quiet(error)
        raise DevoAuthError("The Model Manager refuses the token: invalid or expired", code=5) from error
    except theirs.ModelManagerError as error:
        quiet(error)
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
