"""The way to Devo by httpx: trust, proxy, time-outs and the deadline of a whole exchange."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_devo_dga.devo_api.access import Limits
from airflow_provider_devo_dga.devo_api.faults import overdue, transport_error
from airflow_provider_devo_dga.devo_api.inflate import ACCEPTED
from airflow_provider_devo_dga.devo_api.proxy import Proxy, proxy_for
from airflow_provider_devo_dga.devo_api.tls import BoundedContext, context_of
from airflow_provider_devo_dga.devo_api.wire import Request
from airflow_provider_devo_dga.errors import DevoConnectionConfigError

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

_SILENCE_SECONDS = 60.0
_CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Transport:
    """How one address is reached.

    :param context: of all its sockets in a task; holds the deadline of the exchange under way.
    :param options: those of ``httpx.Client`` and ``httpx.AsyncClient``. No redirection is followed, and
        nothing is taken from the environment but what is in here: no proxy, and no password of ``.netrc``.
    """

    context: BoundedContext
    options: dict[str, Any]

    @contextmanager
    def within(self, seconds: float) -> Iterator[float]:
        """Bound all that is sent and received in the block; yield the deadline, of ``time.monotonic``.

        What waits beyond it ends in ``httpx.TimeoutException``.
        """
        self.context.deadline = time.monotonic() + seconds
        try:
            yield self.context.deadline
        finally:
            self.context.deadline = float("inf")


def transport_to(url: str, verify: bool | str, limits: Limits) -> Transport:
    """Return the way to an address.

    :raises DevoConnectionConfigError: no authorities at ``verify``, or a proxy that cannot be used.
    """
    import httpx

    context, proxy = context_of(verify), proxy_for(url)
    if proxy is not None:
        _check(proxy)
    return Transport(
        context,
        {
            "verify": context,
            "proxy": proxy.url if proxy else None,
            "trust_env": False,
            "headers": {"Accept-Encoding": ACCEPTED},
            "timeout": httpx.Timeout(
                min(_SILENCE_SECONDS, limits.timeout), connect=min(_CONNECT_SECONDS, limits.timeout)
            ),
        },
    )


def whole_call(request: Request, verify: bool | str, limits: Limits) -> httpx.Response:
    """Return the whole answer to one call, of which no step outlasts the timeout of ``limits``.

    :raises DevoTransientError: it is not there in time, or there is nobody.
    :raises DevoConnectionConfigError: trust or proxy cannot be used.
    """
    import httpx

    transport = transport_to(request.url, verify, limits)
    try:
        with httpx.Client(**transport.options) as client, transport.within(limits.timeout):
            return client.request(request.method, request.url, headers=request.headers, content=request.body)
    except httpx.TimeoutException:
        raise overdue(request.url, limits.timeout) from None
    except httpx.HTTPError as error:
        raise transport_error(error, request.url) from error


async def before(deadline: float, step: Awaitable[T]) -> T:
    """Return what an asynchronous step gives.

    :param deadline: of ``time.monotonic``.
    :raises TimeoutError: it takes longer.
    """
    async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
        return await step


def _check(proxy: Proxy) -> None:
    if proxy.is_socks and find_spec("socksio") is None:
        raise DevoConnectionConfigError(
            f"To ask by way of {proxy}, which speaks SOCKS, install: pip install 'httpx[socks]'"
        )
