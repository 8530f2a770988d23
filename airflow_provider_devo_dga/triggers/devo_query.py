"""DevoQueryTrigger: ask Devo again and again, without a worker slot, until enough rows are there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.sdk.log import amask_secret
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_devo_dga.client.drive import Limits, astream, http_options
from airflow_provider_devo_dga.client.query import Query, QueryExchange
from airflow_provider_devo_dga.client.window import Window
from airflow_provider_devo_dga.errors import DevoDgaError, DevoIncompleteError, DevoTransientError
from airflow_provider_devo_dga.hooks.devo_settings import DevoSettings


class DevoQueryTrigger(BaseTrigger):
    """Fires when a LINQ query over a closed window gives enough rows, or can never do so.

    :param query: LINQ.
    :param from_: start of the window, ISO 8601 with offset.
    :param to: end of the window; the first question is asked once it has passed.
    :param min_rows: rows that satisfy the condition.
    :param devo_conn_id: the Airflow connection.
    :param poke_interval: seconds between questions.

    Its event is ``{"status": "success", "rows": n}`` or ``{"status": "error", "error": class name,
    "message": text}``. Faults that may pass are logged and asked again.
    """

    def __init__(
        self, query: str, from_: str, to: str, min_rows: int, devo_conn_id: str, poke_interval: float
    ) -> None:
        super().__init__()
        self.query = query
        self.from_ = from_
        self.to = to
        self.min_rows = min_rows
        self.devo_conn_id = devo_conn_id
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments that rebuild this trigger; no secrets."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "query": self.query,
                "from_": self.from_,
                "to": self.to,
                "min_rows": self.min_rows,
                "devo_conn_id": self.devo_conn_id,
                "poke_interval": self.poke_interval,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until satisfied; yields one event."""
        try:
            window = Window.parse(self.from_, self.to)
            while not window.is_over() or (rows := await self._rows(window)) < self.min_rows:  # noqa: ASYNC110 - Devo cannot call us
                await asyncio.sleep(self.poke_interval)
            yield TriggerEvent({"status": "success", "rows": rows})
        except DevoDgaError as error:
            yield TriggerEvent({"status": "error", "error": type(error).__name__, "message": str(error)})

    async def _rows(self, window: Window) -> int:
        """Return how many rows Devo has now, 0 when it cannot be asked just now."""
        import httpx

        settings = await self._settings()
        query = Query(
            self.query, window, self.min_rows, {"id": "airflow-provider-devo-dga", "user": "airflow"}
        )

        def new_exchange() -> QueryExchange:
            return QueryExchange(query, settings.url, settings.credentials, int(time.time()) * 1000)

        rows = 0
        try:
            async with httpx.AsyncClient(**http_options(settings.verify, settings.limits)) as client:
                # one attempt a poll: the next poll is the retry
                async for batch in astream(client, new_exchange, Limits(settings.limits.timeout, retries=0)):
                    rows += len(batch.rows)
        except (DevoTransientError, DevoIncompleteError) as error:
            self.log.warning("Devo could not be asked, will ask again in %s s: %s", self.poke_interval, error)
            return 0
        self.log.info("%d of %d rows in %s", rows, self.min_rows, window)
        return rows

    async def _settings(self) -> DevoSettings:
        """Read the connection anew for each poll, so that a rotated token is used at once."""
        from airflow.providers.common.compat.connection import get_async_connection, get_async_extra_dejson

        connection = await get_async_connection(self.devo_conn_id)
        settings = DevoSettings.of(connection, extra=await get_async_extra_dejson(connection))
        for secret in settings.credentials.secrets():
            await amask_secret(secret)
        return settings
