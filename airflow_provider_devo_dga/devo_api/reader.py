"""Read queries over httpx in a task: with retries, a deadline, and proof that nothing is missing."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_devo_dga.devo_api.access import Endpoint, Limits
from airflow_provider_devo_dga.devo_api.attempts import MAY_PASS, Attempts, Observer
from airflow_provider_devo_dga.devo_api.query import (
    UNCOUNTABLE,
    Completeness,
    Proof,
    Query,
    QueryExchange,
    counted,
)
from airflow_provider_devo_dga.devo_api.tls import BoundedContext
from airflow_provider_devo_dga.devo_api.wire import Batch

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class Reader:
    """Asks Devo over one pool of connections.

    :param client: made with the options of ``transport``; the caller closes it.
    :param observer: is told of whole answers and further attempts.
    :param context: TLS of the client, by which nothing outlasts the deadline, not even a header that
        trickles in; without one the deadline is looked at between two pieces of the body.
    """

    def __init__(
        self,
        client: httpx.Client,
        endpoint: Endpoint,
        limits: Limits,
        observer: Observer | None = None,
        context: BoundedContext | None = None,
    ) -> None:
        self._client = client
        self._context = context or BoundedContext(ssl.PROTOCOL_TLS_CLIENT)
        self._endpoint = endpoint
        self._limits = limits
        self._observer = observer or Observer()

    def batches(self, query: Query, completeness: Completeness = "auto") -> Generator[Batch, None, None]:
        """Yield an answer as it arrives; the last batch is always there, maybe empty, and tells the columns.

        Asks again after a fault only while nothing was handed out. An answer that ends without an error is
        complete, and proven to be.

        :raises DevoIncompleteError: the answer broke off, or its rows are fewer than Devo counts.
        """
        attempts = Attempts(self._limits, self._observer)
        while True:
            handed_out = False
            try:
                with closing(self._attempt(query, completeness, attempts)) as batches:
                    for batch in batches:
                        handed_out = handed_out or bool(batch.rows)
                        yield batch
            except MAY_PASS as error:
                if handed_out:
                    raise
                time.sleep(attempts.pause(error))
            else:
                return

    def whole(
        self,
        query: Query,
        use: Callable[[Iterator[Batch]], T],
        completeness: Completeness = "auto",
        attempts: Attempts | None = None,
    ) -> T:
        """Return what ``use`` makes of a whole answer; after a fault it is called again, with all rows anew.

        :param use: must have no effect when the iterator raises.
        :param attempts: those of the question that this one is a part of; None for its own.
        """
        left = attempts or Attempts(self._limits, self._observer)

        def once() -> T:
            with closing(self._attempt(query, completeness, left)) as batches:
                return use(batches)

        return left.repeated(once)

    def count(self, query: Query) -> int:
        """Return how many rows Devo counts for a query; its ``limit`` is not applied."""
        return self.whole(query.counting(), counted)

    def _attempt(
        self, query: Query, completeness: Completeness, attempts: Attempts
    ) -> Generator[Batch, None, None]:
        proof = Proof(QueryExchange(query, self._endpoint), completeness)
        yield from self._exchange(proof.exchange)
        if (question := proof.question()) is not None:
            try:
                proof.compare(self.whole(question, counted, completeness, attempts))
            except UNCOUNTABLE as error:
                proof.uncountable(error)

    def _exchange(self, exchange: QueryExchange) -> Generator[Batch, None, None]:
        import httpx

        request = exchange.request
        started = time.monotonic()
        self._context.deadline = deadline = started + self._limits.timeout
        try:
            with self._client.stream(
                request.method, request.url, headers=request.headers, content=request.body
            ) as response:
                exchange.head(response.status_code, response.headers)
                for chunk in response.iter_raw():
                    if rows := exchange.feed(chunk):
                        yield Batch(exchange.columns, rows)
                    if time.monotonic() > deadline:
                        raise exchange.overdue()
        except httpx.HTTPError as error:
            raise exchange.overdue() if time.monotonic() > deadline else exchange.broken(error) from error
        rest = exchange.finish()
        told = 0 if exchange.query.is_count else exchange.rows_read  # a count is no row of the answer
        self._observer.answered(told, exchange.bytes_read, time.monotonic() - started)
        yield Batch(exchange.columns, rest)
