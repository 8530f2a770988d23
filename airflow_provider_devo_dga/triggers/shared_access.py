"""One pool of connections to Devo for all triggers of an event loop that use the same Airflow connection.

A thousand triggers with a client each would open a thousand connections, and load the certificates of the
authorities a thousand times while nothing else runs in the loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from airflow.sdk.log import amask_secret

from airflow_provider_devo_dga.devo_api.async_reader import AsyncReader
from airflow_provider_devo_dga.devo_api.faults import overdue, transport_error
from airflow_provider_devo_dga.devo_api.jobs import Job, answer_of, job_of
from airflow_provider_devo_dga.devo_api.query import Completeness, Query
from airflow_provider_devo_dga.devo_api.transport import transport_to
from airflow_provider_devo_dga.devo_api.wire import Batch
from airflow_provider_devo_dga.errors import DevoAuthError, DevoError
from airflow_provider_devo_dga.hooks.connections import DevoSettings
from airflow_provider_devo_dga.tasks.telemetry import QueryStats

if TYPE_CHECKING:
    import httpx

_SETTINGS_SECONDS = 30.0

T = TypeVar("T")
_Ask: TypeAlias = "Callable[[httpx.AsyncClient, DevoSettings], Awaitable[T]]"


@dataclass(slots=True)
class SharedAccess:
    """Asks Devo for many triggers; at most ``concurrency`` of the connection's queries run at once.

    :param devo_conn_id: the Airflow connection, read anew every half minute, so that a rotated token is used.
    """

    devo_conn_id: str
    users: int = 0
    _settings: DevoSettings | None = None
    _fresh_until: float = 0.0
    _client: httpx.AsyncClient | None = None
    _retired: list[httpx.AsyncClient] = field(default_factory=list)
    _verify: bool | str | None = None
    _slots: asyncio.Semaphore | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def whole(self, query: Query, completeness: Completeness = "framing") -> list[Batch]:
        """Return a whole answer, asked once: whoever polls asks again anyway."""

        async def ask(client: httpx.AsyncClient, settings: DevoSettings) -> list[Batch]:
            reader = AsyncReader(client, settings.endpoint, settings.limits.timeout, QueryStats())
            return await reader.whole(query, completeness)

        return await self._with_current(ask)

    async def job(self, path: str, seconds: float) -> Job:
        """Return the job that a call is about.

        :param path: as ``jobs.job_path`` gives it.
        :param seconds: at most; the connection's timeout when that is less.
        """

        async def ask(client: httpx.AsyncClient, settings: DevoSettings) -> Job:
            import httpx

            request = settings.endpoint.get(path)
            most = min(seconds, settings.limits.timeout)
            try:
                async with asyncio.timeout(most):
                    response = await client.get(request.url, headers=request.headers)
            except TimeoutError:
                raise overdue(request.url, most) from None
            except httpx.HTTPError as error:
                raise transport_error(error, request.url) from error
            return job_of(answer_of(response.status_code, response.headers, response.content))

        return await self._with_current(ask)

    async def close(self) -> None:
        clients, self._client, self._retired = [self._client, *self._retired], None, []
        for client in clients:
            if client is not None:
                await client.aclose()

    async def _with_current(self, ask: _Ask[T]) -> T:
        settings = await self._current()
        try:
            return await self._in_slot(ask, settings)
        except DevoAuthError:
            # the token may have been replaced since it was read
            self._forget(settings)
            fresh = await self._current()
            if fresh.credentials == settings.credentials:
                raise
            return await self._in_slot(ask, fresh)
        except DevoError:
            self._forget(settings)  # so may the address
            raise

    async def _in_slot(self, ask: _Ask[T], settings: DevoSettings) -> T:
        client, slots = await self._open(settings)
        async with slots:
            return await ask(client, settings)

    async def _current(self) -> DevoSettings:
        async with self._lock:
            if self._settings is None or time.monotonic() > self._fresh_until:
                self._settings = await _read(self.devo_conn_id)
                self._fresh_until = time.monotonic() + _SETTINGS_SECONDS
            return self._settings

    def _forget(self, settings: DevoSettings) -> None:
        """Let the next question read the connection anew; of many that failed alike, the first one does."""
        if self._settings is settings:
            self._settings = None

    async def _open(self, settings: DevoSettings) -> tuple[httpx.AsyncClient, asyncio.Semaphore]:
        async with self._lock:
            if self._client is not None and settings.verify != self._verify:
                # others are still asking with it
                self._retired.append(self._client)
                self._client = None
            if self._client is None:
                # certificates of the authorities are read from files
                transport = await asyncio.to_thread(
                    transport_to, settings.url, settings.verify, settings.limits
                )
                self._client = await asyncio.to_thread(transport.async_client, keepalive_seconds=30)
                self._verify = settings.verify
            if self._slots is None:
                self._slots = asyncio.Semaphore(settings.limits.concurrency)
            return self._client, self._slots


_accesses: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, SharedAccess]] = WeakKeyDictionary()


@asynccontextmanager
async def shared_access(devo_conn_id: str) -> AsyncIterator[SharedAccess]:
    """Yield the event loop's access over a connection; whoever leaves last closes it."""
    of_loop = _accesses.setdefault(asyncio.get_running_loop(), {})
    access = of_loop.setdefault(devo_conn_id, SharedAccess(devo_conn_id))
    access.users += 1
    try:
        yield access
    finally:
        access.users -= 1
        if not access.users:
            del of_loop[devo_conn_id]
            await access.close()


async def _read(devo_conn_id: str) -> DevoSettings:
    from airflow.providers.common.compat.connection import get_async_connection, get_async_extra_dejson

    connection = await get_async_connection(devo_conn_id)
    settings = DevoSettings.of(connection, extra=await get_async_extra_dejson(connection))
    for secret in settings.credentials.secrets():
        await amask_secret(secret)
    return settings
