"""DevoQueryTrigger: ask Devo again and again, without a worker slot, until a condition holds."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_devo_dga.devo_api import condition as conditions
from airflow_provider_devo_dga.devo_api.attempts import MAY_PASS
from airflow_provider_devo_dga.devo_api.condition import Condition, Found
from airflow_provider_devo_dga.devo_api.query import Completeness
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import DevoDgaError, DevoThrottledError
from airflow_provider_devo_dga.tasks import telemetry
from airflow_provider_devo_dga.tasks.events import error_event
from airflow_provider_devo_dga.triggers.shared_access import SharedAccess, shared_access

_LAST_SECONDS = 30.0
"""For the last question, and at least for each: an answer that began is to come to its end."""


@dataclass(eq=False, repr=False)
class DevoQueryTrigger(BaseTrigger):
    """Fires when a condition on a LINQ query over a closed window holds, can never do so, or at its deadline.

    :param query: LINQ.
    :param from_: start of the window, ISO 8601 with offset.
    :param to: end of the window; the first question is asked once it has passed.
    :param condition: what has to hold, as ``client.condition.to_dict`` spells it.
    :param devo_conn_id: the Airflow connection.
    :param poke_interval: seconds between questions.
    :param deadline: epoch seconds, which a restart of the triggerer does not move; the last question is then.
        Without one it asks as long as Airflow lets it.
    :param lateness: further seconds to wait after the window's end.
    :param comments: pragma comments that name the task in Devo's audit.
    :param completeness: as for the sensor.

    Its event is ``{"status": "success", "value": rows or scalar}``, ``{"status": "timeout", "last": what was
    seen last}`` or ``{"status": "error", "error": class name, "message": text}``. Faults that may pass are
    logged and asked again. All triggers of a triggerer that use one connection share its pool and its limit
    of queries at once.
    """

    query: str
    from_: str
    to: str
    condition: Mapping[str, Any]
    devo_conn_id: str
    poke_interval: float
    deadline: float = math.inf
    lateness: float = 0.0
    comments: Mapping[str, str] | None = None
    completeness: Completeness = "framing"

    def __post_init__(self) -> None:
        super().__init__()

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments that rebuild this trigger; no secrets."""
        arguments = {field.name: getattr(self, field.name) for field in fields(self)}
        return f"{type(self).__module__}.{type(self).__qualname__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until satisfied; yields one event."""
        try:
            window = Window.parse(self.from_, self.to)
            condition = conditions.from_dict(self.condition)
            remaining = window.remaining(timedelta(seconds=self.lateness)).total_seconds()
            # triggers of one schedule wake together, or after a restart: spread their first question
            await self._rest(max(0.0, remaining) + _spread(self.poke_interval / 10))
            async with shared_access(self.devo_conn_id) as access:
                yield TriggerEvent(await self._outcome(access, condition, window))
        except DevoDgaError as error:
            yield TriggerEvent(error_event(error))

    async def _outcome(self, access: SharedAccess, condition: Condition, window: Window) -> dict[str, Any]:
        last = "nothing"
        while True:
            pause, is_last = self.poke_interval * (1 + _spread(0.1)), time.time() >= self.deadline
            try:
                async with asyncio.timeout(max(self.deadline - time.time(), _LAST_SECONDS)):
                    found = await self._found(access, condition, window)
                if found.holds:
                    return {"status": "success", "value": found.value}
                last = str(found.value)
            except MAY_PASS as error:
                if isinstance(error, DevoThrottledError):
                    pause = max(pause, error.retry_after or 0.0)
                last = str(error)
                self.log.warning("Devo could not be asked, will ask again in %.0f s: %s", pause, error)
                telemetry.count("request.retries")
            except TimeoutError:
                last, is_last = "no answer", True
            if is_last:
                return {"status": "timeout", "last": last}
            await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, min(seconds, self.deadline - time.time())))

    async def _found(self, access: SharedAccess, condition: Condition, window: Window) -> Found:
        query = conditions.question(
            condition,
            self.query,
            window,
            lateness=timedelta(seconds=self.lateness),
            comments=self.comments,
        )
        if query is None:
            return Found(holds=False, value=None)
        found = conditions.judge(condition, await access.whole(query, self.completeness))
        self.log.info("%s in %s: %s, %s", condition, window, found.value, "yes" if found.holds else "not yet")
        return found


def _spread(most: float) -> float:
    return random.uniform(0.0, most)  # noqa: S311 - spreads load, no secret
