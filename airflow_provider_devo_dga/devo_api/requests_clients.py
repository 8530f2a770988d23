"""Clients that others built on requests, H2O's and MLflow's, led to their server as our own calls are."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from airflow_provider_devo_dga.devo_api.access import Limits
from airflow_provider_devo_dga.devo_api.faults import not_trusted, proxy_error, redirection, tls_refusal
from airflow_provider_devo_dga.devo_api.transport import Transport, transport_to
from airflow_provider_devo_dga.errors import DevoConnectionConfigError, DevoDgaError, DevoError

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter

_SOCKS = ("socks", "requests[socks]")
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}[^'\")]*)")


@contextmanager
def led(
    url: str, verify: bool | str, refused: type[DevoDgaError], *, seconds: float | None = None
) -> Iterator[Transport]:
    """Lead every call that requests makes to the server of ``url`` by our proxy, trust and deadline.

    Left alone, requests has rules of its own for the environment: it knows no ``SSL_CERT_FILE`` and no
    folder as it is, sends what is meant for this machine to ``ALL_PROXY``, and follows redirections.
    Calls to other servers are left alone.

    :param refused: raised where the same call would fail again: trust, a proxy's refusal, a redirection.
    :param seconds: for each call with its retries; None leaves deadlines to ``Transport.within``.
    """
    import requests

    try:
        transport = transport_to(url, verify, Limits(seconds or 0.0), socks=_SOCKS)
    except DevoConnectionConfigError as error:
        raise refused(error.message) from None
    adapter, theirs, over = _adapter(transport, refused, seconds), requests.Session.get_adapter, False
    server = urlsplit(url)[:2]
    # one for each that a session has, so that a session keeps its connections; gone with the session's
    ours: WeakKeyDictionary[Any, HTTPAdapter] = WeakKeyDictionary()

    def chosen(session: requests.Session, url: str) -> Any:
        found = theirs(session, url)
        if urlsplit(url)[:2] != server or over:
            return found
        if (own := ours.get(found)) is None:
            own = ours.setdefault(found, adapter(max_retries=getattr(found, "max_retries", 0)))
        return own

    requests.Session.get_adapter = chosen  # type: ignore[method-assign,assignment]
    try:
        yield transport
    finally:
        over = True
        for own in ours.values():
            own.close()
        if requests.Session.get_adapter is chosen:  # else another thread's stands on top of it
            requests.Session.get_adapter = theirs  # type: ignore[method-assign]


def _adapter(transport: Transport, refused: type[DevoDgaError], seconds: float | None) -> type[HTTPAdapter]:
    import requests
    from requests.adapters import HTTPAdapter

    context, proxy = transport.context, transport.proxy
    tls: dict[str, Any] = {"ssl_context": context}
    way = {"verify": context.verify_mode != ssl.CERT_NONE, "proxies": {"all": proxy.url} if proxy else {}}

    def bounded(manager: Any) -> Any:
        manager.pool_classes_by_scheme = {
            scheme: _bounded_pool(pool, transport) for scheme, pool in manager.pool_classes_by_scheme.items()
        }
        return manager

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs | tls)
            bounded(self.poolmanager)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            its_tls = {"proxy_ssl_context": context} if proxy.startswith("https:") else {}
            return bounded(super().proxy_manager_for(proxy, **kwargs | tls | its_tls))

        def cert_verify(self, *_: Any, **__: Any) -> None:
            """Leave the context as it is; requests would add the authorities of its own."""

        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
            url = str(request.url)
            if seconds is not None:
                context.deadline = time.monotonic() + seconds
            try:
                answer = super().send(request, **options | way)
            except requests.RequestException as error:
                if (fault := _permanent(error, url)) is not None:
                    raise refused(fault.message) from None
                raise
            if answer.status_code == 407:
                raise refused(proxy_error("407", url).message)
            if answer.is_redirect:
                raise refused(f"Of the server at {urlsplit(url).netloc}: {redirection(answer.headers)}")
            return answer

    return Adapter


def _bounded_pool(pool: Any, transport: Transport) -> Any:
    """Return a class of urllib3's pools whose sockets end at the deadline, be it while a proxy is asked."""

    class Connection(pool.ConnectionCls):  # type: ignore[misc]
        def _new_conn(self) -> Any:
            return transport.context.bound(super()._new_conn())

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})


def _permanent(error: requests.RequestException, url: str) -> DevoError | None:
    """Return what a failure of requests stands for, when the next attempt would meet it, too."""
    if (refused := tls_refusal(error)) is not None:
        return not_trusted(refused)
    if tunnel := _TUNNEL.search(str(error)):
        fault = proxy_error(tunnel[1], url)
        return fault if isinstance(fault, DevoConnectionConfigError) else None
    return None
