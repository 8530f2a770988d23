"""The way to Devo by httpx: trust, proxy, time-outs and the deadline of a whole exchange."""

from __future__ import annotations

import asyncio
import ssl
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
    import httpcore
    import httpx

T = TypeVar("T")

_SILENCE_SECONDS = 60.0
_CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Transport:
    """How one address is reached.

    No redirection is followed, and nothing is taken from the environment but what is in here: no other
    proxy, and no password of ``.netrc``.

    :param context: of all its sockets in a task; holds the deadline of the exchange under way.
    :param proxy: on the way, None where there is none.
    :param limits: of which ``timeout`` bounds single steps as well.
    """

    context: BoundedContext
    proxy: Proxy | None
    limits: Limits

    def client(self) -> httpx.Client:
        """Return a client for a task; all that it does ends at the deadline, be it asking a proxy."""
        import httpx

        sockets = httpx.HTTPTransport(verify=self.context, proxy=self._proxy(), trust_env=False)
        sockets._pool._network_backend = self._backend()  # httpx has no argument for it
        return httpx.Client(transport=sockets, **self._options())

    def async_client(self, *, keepalive_seconds: float = 5.0) -> httpx.AsyncClient:
        """Return a client for an event loop, whose users keep the deadline by :func:`before`."""
        import httpx

        limits = httpx.Limits(keepalive_expiry=keepalive_seconds)
        return httpx.AsyncClient(verify=self.context, proxy=self._proxy(), limits=limits, **self._options())

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

    def _options(self) -> dict[str, Any]:
        import httpx

        timeout = self.limits.timeout
        steps = httpx.Timeout(min(_SILENCE_SECONDS, timeout), connect=min(_CONNECT_SECONDS, timeout))
        return {"trust_env": False, "headers": {"Accept-Encoding": ACCEPTED}, "timeout": steps}

    def _proxy(self) -> httpx.Proxy | None:
        import httpx

        if self.proxy is None:
            return None
        is_tls = self.proxy.url.startswith("https:")
        return httpx.Proxy(self.proxy.url, ssl_context=self.context if is_tls else None)

    def _backend(self) -> httpcore.NetworkBackend:
        import httpcore

        bound = self.context.bound

        class Backend(httpcore.SyncBackend):
            def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
                stream = super().connect_tcp(*args, **kwargs)
                return type(stream)(bound(stream.get_extra_info("socket")))  # type: ignore[call-arg]

        return Backend()


def transport_to(
    url: str, verify: bool | str, limits: Limits, *, socks: tuple[str, str] = ("socksio", "httpx[socks]")
) -> Transport:
    """Return the way to an address.

    :param socks: the module, and what installs it, by which the client speaks to a proxy of SOCKS.
    :raises DevoConnectionConfigError: no authorities at ``verify``, or a proxy that cannot be used.
    """
    proxy = proxy_for(url)
    if proxy is not None and proxy.is_socks and find_spec(socks[0]) is None:
        raise DevoConnectionConfigError(
            f"To ask by way of {proxy}, which speaks SOCKS, install: pip install '{socks[1]}'"
        )
    is_tls = url.startswith("https:") or (proxy is not None and proxy.url.startswith("https:"))
    # reading authorities takes longer than many a call without TLS
    context = context_of(verify) if is_tls else BoundedContext(ssl.PROTOCOL_TLS_CLIENT)
    return Transport(context, proxy, limits)


def whole_call(request: Request, verify: bool | str, limits: Limits) -> httpx.Response:
    """Return the whole answer to one call, of which no step outlasts the timeout of ``limits``.

    :raises DevoTransientError: it is not there in time, or there is nobody.
    :raises DevoConnectionConfigError: trust or proxy cannot be used.
    """
    import httpx

    transport = transport_to(request.url, verify, limits)
    try:
        with transport.client() as client, transport.within(limits.timeout):
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
