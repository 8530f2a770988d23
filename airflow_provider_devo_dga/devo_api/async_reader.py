"""Read queries over httpx in a trigger: the twin of ``reader``, which never blocks the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.devo_api.access import Limits
from airflow_provider_devo_dga.devo_api.attempts import MAY_PASS, Attempts, Observer
from airflow_provider_devo_dga.devo_api.query import (
    UNCOUNTABLE,
    Completeness,
    Endpoint,
    Query,
    QueryExchange,
    check_choice,
    check_countable,
    check_counted,
    compare,
    counted,
    needs_count,
)
from airflow_provider_devo_dga.devo_api.transport import before
from airflow_provider_devo_dga.devo_api.wire import Batch

if TYPE_CHECKING:
    import httpx


class AsyncReader:
    """Asks Devo over one pool of connections; what it promises is what :class:`Reader` promises.

    :param client: made with the options of ``transport``; the caller closes it.
    :param observer: is told of whole answers and further attempts.
    """

    def __init__(
        self, client: httpx.AsyncClient, endpoint: Endpoint, limits: Limits, observer: Observer | None = None
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._limits = limits
        self._observer = observer or Observer()

    async def batches(self, query: Query, completeness: Completeness = "auto") -> AsyncGenerator[Batch, None]:
        """Yield an answer as it arrives, as ``Reader.batches`` does."""
        attempts = Attempts(self._limits, self._observer)
        while True:
            handed_out = False
            try:
                async with aclosing(self._attempt(query, completeness, attempts)) as batches:
                    async for batch in batches:
                        handed_out = handed_out or bool(batch.rows)
                        yield batch
            except MAY_PASS as error:
                if handed_out:
                    raise
                await asyncio.sleep(attempts.pause(error))
            else:
                return

    async def whole(self, query: Query, completeness: Completeness = "auto") -> list[Batch]:
        """Return a whole answer; after a fault it is read again from its beginning. For few rows."""
        return await self._whole(query, completeness, Attempts(self._limits, self._observer))

    async def count(self, query: Query) -> int:
        """Return how many rows Devo counts for a query; its ``limit`` is not applied."""
        return counted(await self.whole(query.counting()))

    async def _whole(self, query: Query, completeness: Completeness, attempts: Attempts) -> list[Batch]:
        while True:
            try:
                async with aclosing(self._attempt(query, completeness, attempts)) as batches:
                    return [batch async for batch in batches]
            except MAY_PASS as error:
                await asyncio.sleep(attempts.pause(error))

    async def _attempt(
        self, query: Query, completeness: Completeness, attempts: Attempts
    ) -> AsyncGenerator[Batch, None]:
        check_choice(completeness)
        exchange = self._endpoint.exchange(query)
        async with aclosing(self._exchange(exchange)) as batches:
            async for batch in batches:
                yield batch
        if query.is_count:
            check_counted(exchange)
        elif needs_count(exchange, completeness):
            # rows and their count are one question, with one number of attempts
            try:
                number = counted(await self._whole(query.counting(), completeness, attempts))
            except UNCOUNTABLE as error:
                check_countable(exchange, completeness, error)
            else:
                compare(query, exchange.rows_read, number)

    async def _exchange(self, exchange: QueryExchange) -> AsyncGenerator[Batch, None]:
        import httpx

        request = exchange.request
        started = time.monotonic()
        deadline = started + self._limits.timeout
        try:
            sent = self._client.build_request(
                request.method, request.url, headers=request.headers, content=request.body
            )
            response = await before(deadline, self._client.send(sent, stream=True))
            async with aclosing(response):
                exchange.head(response.status_code, response.headers)
                chunks = response.aiter_raw()
                while (chunk := await before(deadline, anext(chunks, None))) is not None:
                    if rows := exchange.feed(chunk):
                        yield Batch(exchange.columns, rows)
        except TimeoutError:
            raise exchange.overdue() from None
        except httpx.HTTPError as error:
            raise exchange.broken(error) from error
        rest = exchange.finish()
        self._observer.answered(exchange.rows_read, exchange.bytes_read, time.monotonic() - started)
        yield Batch(exchange.columns, rest)
