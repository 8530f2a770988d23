"""OwnJob: a task's one job inside Devo; found again, followed, and stopped when its time or its task ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from airflow_provider_devo_dga.devo_api.jobs import Job
from airflow_provider_devo_dga.errors import DevoDgaError, DevoError, DevoJobError, DevoTransientError
from airflow_provider_devo_dga.tasks import telemetry
from airflow_provider_devo_dga.tasks.events import error_in

# Airflow ends a killed task after five seconds
_KILL_SECONDS = 3.0
_NAP_SECONDS = 0.5

log = logging.getLogger(__name__)


class Jobs(Protocol):
    """What is asked of ``DevoJobs``."""

    def get(self, job_id: str) -> Job: ...

    def stop(self, job_id: str, *, seconds: float | None = None) -> Job: ...


@dataclass(slots=True)
class OwnJob:
    """The job of a task instance, which bears the same name in each of its tries.

    :param store: Airflow's store for the states of a task; the name is enough to find the job, its id, kept
        there under ``store_key``, spares Devo to list all jobs.
    :param seconds: how long it may take, from the start of each try.
    :param cancels: stop it when the task is killed.
    :param id: Devo's id, as soon as it is known.
    """

    jobs: Jobs
    name: str
    store: Any
    store_key: str
    seconds: float
    poll_interval: float
    max_poll_faults: int
    cancels: bool
    id: str | None = None
    _killed: bool = False
    _began: float = field(default_factory=time.time)

    @property
    def deadline(self) -> float:
        """Epoch seconds at which its time is up."""
        return self._began + self.seconds

    def begin(self, obtain: Callable[[str | None], Job]) -> Job:
        """Start it, or find it again.

        :param obtain: does so, by Devo's id of it where that is known.
        :raises DevoJobError: the task was killed meanwhile.
        """
        from airflow.sdk import NEVER_EXPIRE  # type: ignore[attr-defined]  # its stub lacks it

        known_id = self.stored_id
        job = obtain(known_id)
        if self.store is not None and job.id != known_id:
            self.store.set(self.store_key, job.id, retention=NEVER_EXPIRE)
        self.id = job.id
        if self._killed:
            self._stop_for_kill()
        self._check()
        log.info("%s", job)
        return job

    @property
    def stored_id(self) -> str | None:
        """Its id as a try before, or this one before it deferred, has stored it."""
        job_id = self.store.get(self.store_key) if self.store is not None else None
        return str(job_id) if job_id else None

    def follow(self, job: Job) -> Job:
        """Look at it until it is over.

        :raises DevoJobError: it took too long, or the task was killed.
        """
        faults = 0
        while not job.is_over:
            if (left := self.deadline - time.time()) <= 0:
                return self.stop_at_deadline(job)
            self._rest(min(self.poll_interval, left))
            try:
                job = self.jobs.get(job.id)
            except DevoTransientError as error:
                faults += 1
                if faults > self.max_poll_faults:
                    raise
                log.warning("Look %d in a row failed, will look again: %s", faults, error)
                telemetry.count("request.retries")
            else:
                faults = 0
                log.info("%s", job)
            self._check()
        return job

    def job_in(self, event: object, job_id: str | None) -> Job:
        """Return the job that the trigger's event tells of, stopped when its time was up.

        :param job_id: as it was handed to ``defer``, which ``dag.test()`` drops.
        :raises DevoJobError: it took too long.
        :raises DevoDgaError: the error that the trigger met, by its own type; the job goes on.
        """
        self.id = job_id or self.stored_id
        match event:
            case {"status": "error", "job_id": self.id}:
                raise error_in(event)
            case {
                "status": "over" | "timeout" as how,
                "job": {"id": self.id, "status": str(), "errors": list()} as told,
            }:
                job = Job.from_dict(told)
                return job if how == "over" else self.stop_at_deadline(job)
            case _:
                raise DevoDgaError(f"The trigger sent no event of job {self.id}: {event!r}")

    def stop_at_deadline(self, job: Job) -> Job:
        """Stop it, for its time is up; return it when it has succeeded meanwhile.

        :raises DevoJobError: it has not.
        """
        stopped = self.jobs.stop(job.id)
        if stopped.succeeded:
            return stopped
        raise DevoJobError(
            f"Devo's job {job.id} ({job.name}) did not end within {self.seconds:g} s"
            f" and was stopped; last seen: {job}",
            job_id=job.id,
        )

    def kill(self) -> None:
        """Stop it, within the time that Airflow leaves, and end what waits for it."""
        self._killed = True
        self._stop_for_kill()

    def _stop_for_kill(self) -> None:
        if self.id is None or not self.cancels:
            return
        try:
            log.info("Stopped: %s", self.jobs.stop(self.id, seconds=_KILL_SECONDS))
        except DevoError as error:
            log.warning("Job %s could not be stopped: %s", self.id, error)

    def _rest(self, seconds: float) -> None:
        """Sleep in short naps: after ``on_kill`` Python goes on with the sleep that it interrupted."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._check()
            time.sleep(min(left, _NAP_SECONDS))

    def _check(self) -> None:
        if self._killed:
            outcome = "was told to stop" if self.cancels else "goes on in Devo"
            raise DevoJobError(f"The task was killed; its job {self.id} {outcome}", job_id=self.id)
