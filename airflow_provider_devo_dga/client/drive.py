"""Run a query exchange over httpx, in a task (sync) or in a trigger (async), with retries and a deadline."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.client.query import QueryExchange
from airflow_provider_devo_dga.client.wire import Column, Value
from airflow_provider_devo_dga.errors import (
    DevoConnectionConfigError,
    DevoError,
    DevoIncompleteError,
    DevoThrottledError,
    DevoTransientError,
)

if TYPE_CHECKING:
    import httpx

_SILENCE_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
_LONGEST_PAUSE = 60.0
# subclasses of SSLError that say "not now" or "gone", not "never"
_TLS_INTERRUPTED = (
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
    ssl.SSLSyscallError,
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that arrived together, with the columns they belong to."""

    columns: tuple[Column, ...]
    rows: list[list[Value]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often.

    :param timeout: seconds for a whole attempt; keep-alives do not stretch it.
    :param retries: further attempts after a transient fault, only while no row has been handed out.
    """

    timeout: float = 300.0
    retries: int = 3


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


def stream(
    client: httpx.Client, new_exchange: Callable[[], QueryExchange], limits: Limits
) -> Generator[Batch, None, None]:
    """Yield the batches of a query; the last is always there, maybe empty, so that columns are known."""
    for attempt in range(limits.retries + 1):
        exchange = new_exchange()
        try:
            yield from _attempt(client, exchange, time.monotonic() + limits.timeout)
        except DevoTransientError as error:
            pause = _pause(error, exchange, attempt, limits)
            time.sleep(pause)
        else:
            return


async def astream(
    client: httpx.AsyncClient, new_exchange: Callable[[], QueryExchange], limits: Limits
) -> AsyncGenerator[Batch, None]:
    """Yield what ``stream`` yields, without blocking the event loop."""
    for attempt in range(limits.retries + 1):
        exchange = new_exchange()
        try:
            async for batch in _aattempt(client, exchange, time.monotonic() + limits.timeout):
                yield batch
        except DevoTransientError as error:
            pause = _pause(error, exchange, attempt, limits)
            await asyncio.sleep(pause)
        else:
            return


def _attempt(client: httpx.Client, exchange: QueryExchange, deadline: float) -> Generator[Batch, None, None]:
    import httpx

    request = exchange.request
    try:
        with client.stream(
            request.method, request.url, headers=request.headers, content=request.body
        ) as response:
            exchange.head(response.status_code, response.headers)
            for chunk in response.iter_bytes():
                if rows := exchange.feed(chunk):
                    yield Batch(exchange.columns, rows)
                _check(deadline, exchange)
        rows = exchange.finish()
    except httpx.HTTPError as error:
        raise _fault(error, exchange) from error
    yield Batch(exchange.columns, rows)


async def _aattempt(
    client: httpx.AsyncClient, exchange: QueryExchange, deadline: float
) -> AsyncGenerator[Batch, None]:
    import httpx

    request = exchange.request
    try:
        async with client.stream(
            request.method, request.url, headers=request.headers, content=request.body
        ) as response:
            exchange.head(response.status_code, response.headers)
            async for chunk in response.aiter_bytes():
                if rows := exchange.feed(chunk):
                    yield Batch(exchange.columns, rows)
                _check(deadline, exchange)
        rows = exchange.finish()
    except httpx.HTTPError as error:
        raise _fault(error, exchange) from error
    yield Batch(exchange.columns, rows)


def _check(deadline: float, exchange: QueryExchange) -> None:
    if time.monotonic() > deadline:
        raise DevoTransientError(
            f"Devo's answer was not whole within the connection's timeout ({exchange.rows_read} rows so far);"
            " narrow the query or raise the timeout"
        )


def _pause(error: DevoTransientError, exchange: QueryExchange, attempt: int, limits: Limits) -> float:
    """Return the seconds to wait before the next attempt, or raise when there must not be one."""
    if exchange.rows_read or attempt >= limits.retries:
        raise error
    if isinstance(error, DevoThrottledError) and error.retry_after is not None:
        if error.retry_after > _LONGEST_PAUSE:
            raise error
        return error.retry_after
    return min(_LONGEST_PAUSE, 2.0**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret


def _fault(error: httpx.HTTPError, exchange: QueryExchange) -> DevoError:
    if exchange.rows_read:
        return DevoIncompleteError(
            f"The connection broke after {exchange.rows_read} rows ({type(error).__name__});"
            " read the whole window again",
            rows_read=exchange.rows_read,
        )
    return transport_error(error, exchange.request.url)


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
