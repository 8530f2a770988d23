"""DevoJobTrigger: follow a background job of Devo without a worker slot, until it ends or its time is up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_devo_dga.devo_api.jobs import job_path
from airflow_provider_devo_dga.errors import DevoDgaError, DevoThrottledError, DevoTransientError
from airflow_provider_devo_dga.tasks import telemetry
from airflow_provider_devo_dga.tasks.events import error_event
from airflow_provider_devo_dga.triggers.shared_access import SharedAccess, shared_access

_STEP_SECONDS = 30.0
_KILL_SECONDS = 10.0


@dataclass(eq=False, repr=False)
class DevoJobTrigger(BaseTrigger):
    """Fires when a job has ended, well or not, or at its deadline.

    :param job_id: Devo's id of the job.
    :param devo_conn_id: the Airflow connection; read anew every half minute and after a failure.
    :param poll_interval: seconds between polls.
    :param deadline: epoch seconds; the last poll is then.
    :param max_poll_faults: polls in a row that may fail.
    :param cancel_on_kill: stop the job when a user clears or marks the waiting task.

    Its event is ``{"status": "over" or "timeout", "job": …}``, or ``{"status": "error", "job_id": …,
    "error": class name, "message": text}``.
    """

    job_id: str
    devo_conn_id: str
    poll_interval: float
    deadline: float
    max_poll_faults: int = 10
    cancel_on_kill: bool = True

    def __post_init__(self) -> None:
        super().__init__()

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments that rebuild this trigger; no secrets."""
        arguments = {field.name: getattr(self, field.name) for field in fields(self)}
        return f"{type(self).__module__}.{type(self).__qualname__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until the job is over; yields one event."""
        try:
            async with shared_access(self.devo_conn_id) as access:
                yield TriggerEvent(await self._followed(access))
        except DevoDgaError as error:
            yield TriggerEvent({"job_id": self.job_id, **error_event(error)})

    async def on_kill(self) -> None:
        """Stop the job: a user has cleared or marked the task that waits for it."""
        if not self.cancel_on_kill:
            self.log.info("The task was killed; its job %s goes on in Devo", self.job_id)
            return
        async with shared_access(self.devo_conn_id) as access:
            job = await access.job(job_path(self.job_id, "stop"), _KILL_SECONDS)
        self.log.info("The task was killed, and its job stopped: %s", job)

    async def _followed(self, access: SharedAccess) -> dict[str, Any]:
        faults = 0
        while True:
            is_last = time.time() >= self.deadline
            pause = self.poll_interval
            try:
                job = await access.job(job_path(self.job_id), _STEP_SECONDS)
            except DevoTransientError as error:
                faults += 1
                if is_last or faults > self.max_poll_faults:
                    raise
                if isinstance(error, DevoThrottledError) and error.retry_after is not None:
                    pause = max(pause, error.retry_after)
                self.log.warning("Poll %d in a row failed, will ask again in %s s: %s", faults, pause, error)
                telemetry.count("request.retries")
            else:
                faults = 0
                self.log.info("%s", job)
                if job.is_over or is_last:
                    return {"status": "over" if job.is_over else "timeout", "job": job.to_dict()}
            await asyncio.sleep(max(0.0, min(pause, self.deadline - time.time())))
