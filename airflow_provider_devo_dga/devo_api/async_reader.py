"""Read a query over httpx in a trigger, without blocking the event loop."""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.devo_api.access import Endpoint
from airflow_provider_devo_dga.devo_api.attempts import Observer
from airflow_provider_devo_dga.devo_api.query import (
    UNCOUNTABLE,
    Completeness,
    Proof,
    Query,
    QueryExchange,
    counted,
)
from airflow_provider_devo_dga.devo_api.transport import before
from airflow_provider_devo_dga.devo_api.wire import Batch

if TYPE_CHECKING:
    import httpx


class AsyncReader:
    """Asks Devo over one pool of connections, each question once: whoever polls asks again anyway.

    :param client: made with the options of ``transport``; the caller closes it.
    :param seconds: within which an answer has to be whole.
    :param observer: is told of whole answers.
    """

    def __init__(
        self, client: httpx.AsyncClient, endpoint: Endpoint, seconds: float, observer: Observer | None = None
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._seconds = seconds
        self._observer = observer or Observer()

    async def whole(self, query: Query, completeness: Completeness = "auto") -> list[Batch]:
        """Return a whole answer, proven as by :class:`Reader`. For few rows."""
        proof = Proof(QueryExchange(query, self._endpoint), completeness)
        batches = await self._exchange(proof.exchange)
        if (question := proof.question()) is not None:
            try:
                proof.compare(counted(await self.whole(question, completeness)))
            except UNCOUNTABLE as error:
                proof.uncountable(error)
        return batches

    async def _exchange(self, exchange: QueryExchange) -> list[Batch]:
        import httpx

        request, batches = exchange.request, []
        started = time.monotonic()
        deadline = started + self._seconds
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
                        batches.append(Batch(exchange.columns, rows))
        except TimeoutError:
            raise exchange.overdue() from None
        except httpx.HTTPError as error:
            raise exchange.broken(error) from error
        batches.append(Batch(exchange.columns, exchange.finish()))
        told = 0 if exchange.query.is_count else exchange.rows_read  # a count is no row of the answer
        self._observer.answered(told, exchange.bytes_read, time.monotonic() - started)
        return batches
