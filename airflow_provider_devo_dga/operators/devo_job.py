"""DevoJobOperator: a LINQ query that runs inside Devo as a background job."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, BaseOperator
from airflow.sdk.configuration import conf
from airflow.sdk.log import mask_secret

from airflow_provider_devo_dga.devo_api.jobs import Job
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import (
    DevoConnectionConfigError,
    DevoDgaError,
    DevoError,
    DevoJobError,
    DevoTransientError,
)
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_jobs import DevoJobs, secrets_in
from airflow_provider_devo_dga.tasks import telemetry
from airflow_provider_devo_dga.tasks.events import error_in
from airflow_provider_devo_dga.tasks.identity import TaskIdentity
from airflow_provider_devo_dga.tasks.lineage import lineage, table_places
from airflow_provider_devo_dga.triggers.devo_job import DevoJobTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

# Airflow ends a killed task after five seconds
_KILL_SECONDS = 3.0
_NAP_SECONDS = 0.5


class DevoJobOperator(BaseOperator):
    """Lets Devo run a query in the background and send its events to a destination; waits for the end.

    No event comes to Airflow: for rows in a file use ``DevoQueryOperator``. The job has a name of its own,
    made of Dag, run, task, map index and clear: a retry, or a task whose worker was lost, finds its job again
    instead of starting a second one, and a cleared task starts anew. A job that failed or was stopped is
    started anew by the next retry. Killing the task stops the job.

    Returns ``{"job_id", "name", "status", "destination", "events", "generated", "query", "window": {"from",
    "to"}}``: ``events`` were sent and ``generated`` given by the query, None where Devo does not say.

    :param query: LINQ text, or the name of a ``.linq`` file. (templated)
    :param from_: start of the window, included: aware datetime or ISO 8601 text. (templated)
    :param to: end of the window, excluded; when it is to come, the job runs until then. (templated)
    :param destination: Devo's type of destination, e.g. ``donothing``, ``s3``, ``email``. (templated)
    :param destination_params: its params, as Devo documents them; no secrets. (templated)
    :param destination_conn_id: Airflow connection whose extra holds further params, the secret ones; they are
        masked, and added when the job is started. (templated)
    :param devo_conn_id: Airflow connection of type ``devo``. (templated)
    :param name_prefix: begins the job's name; give each Airflow its own when several share a Devo domain and
        have Dags of the same names. (templated)
    :param job_timeout: seconds from the start of each try after which the job is stopped and the task fails;
        ``execution_timeout`` counts, too, when it is shorter.
    :param poll_interval: seconds between looks at the job.
    :param max_poll_faults: looks in a row that may fail.
    :param deferrable: wait in the triggerer instead of a worker slot.
    :param cancel_on_kill: stop the job when the task is killed.
    """

    template_fields: Sequence[str] = (
        "query",
        "from_",
        "to",
        "destination",
        "destination_params",
        "destination_conn_id",
        "devo_conn_id",
        "name_prefix",
    )
    template_ext: Sequence[str] = (".linq",)
    template_fields_renderers = {"query": "sql", "destination_params": "json"}  # noqa: RUF012 - Airflow's own attribute
    ui_color = "#d6e4ff"

    def __init__(
        self,
        *,
        query: str,
        from_: datetime | str,
        to: datetime | str,
        destination: str,
        destination_params: Mapping[str, Any] | None = None,
        destination_conn_id: str | None = None,
        devo_conn_id: str = DevoHook.default_conn_name,
        name_prefix: str = "airflow",
        job_timeout: float = 6 * 3600.0,
        poll_interval: float = 30.0,
        max_poll_faults: int = 10,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.query = query
        self.from_ = from_
        self.to = to
        self.destination = destination
        self.destination_params = destination_params
        self.destination_conn_id = destination_conn_id
        self.devo_conn_id = devo_conn_id
        self.name_prefix = name_prefix
        self.job_timeout = job_timeout
        self.poll_interval = poll_interval
        self.max_poll_faults = max_poll_faults
        self.deferrable = deferrable
        self.cancel_on_kill = cancel_on_kill
        self._jobs: DevoJobs | None = None
        self._job_id: str | None = None
        self._was_killed = False

    def execute(self, context: Context) -> dict[str, Any]:
        """Start the job or find it again, and wait for its end.

        :raises DevoJobError: it failed, was stopped, or took longer than ``job_timeout``.
        """
        deadline = time.time() + self._seconds()
        job = self._obtained(context)
        self._job_id = job.id
        if self._was_killed:
            self._stop_for_kill()
            raise self._killed()
        self.log.info("%s", job)
        if job.is_over:
            return self._result(job)
        if self.deferrable:
            self.defer(
                trigger=DevoJobTrigger(
                    job_id=job.id,
                    devo_conn_id=self.devo_conn_id,
                    poll_interval=self.poll_interval,
                    deadline=deadline,
                    max_poll_faults=self.max_poll_faults,
                    cancel_on_kill=self.cancel_on_kill,
                ),
                method_name="execute_complete",
                kwargs={"job_id": job.id},
                timeout=None,  # the trigger keeps the deadline: Airflow's would leave the job running
            )
        return self._result(self._followed(job, deadline))

    def execute_complete(
        self, context: Context, event: dict[str, Any] | None = None, job_id: str | None = None
    ) -> dict[str, Any]:
        """Take the trigger's event.

        :raises DevoJobError: the job failed, was stopped, or took too long.
        :raises DevoDgaError: the error that the trigger met, by its own type; the job goes on.
        """
        # `dag.test()` drops what was handed to defer()
        job_id = self._job_id = job_id or self._stored_id(context)
        match event:
            case {"status": "over", "job": {"id": str(told), "status": str(), "errors": list()} as job} if (
                told == job_id
            ):
                return self._result(Job.from_dict(job))
            case {
                "status": "timeout",
                "job": {"id": str(told), "status": str(), "errors": list()} as job,
            } if told == job_id:
                return self._result(self._stopped_at_deadline(Job.from_dict(job)))
            case {"status": "error", "job_id": str(told)} if told == job_id:
                raise error_in(event)
            case _:
                raise DevoDgaError(f"The trigger sent no event of job {job_id}: {event!r}")

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the tables; where events go is Devo's own affair. None without its provider."""
        return lineage(table_places(self.devo_conn_id, self.query), [], query=self.query)

    def on_kill(self) -> None:
        """Stop the job, within the time that Airflow leaves."""
        self._was_killed = True
        self._stop_for_kill()

    def _obtained(self, context: Context) -> Job:
        from airflow.sdk import NEVER_EXPIRE  # type: ignore[attr-defined]  # its stub lacks it

        window = Window.parse(self.from_, self.to)
        who = TaskIdentity.of(self, context)
        name = who.job_name(self.name_prefix)
        known_id = self._stored_id(context)
        self.log.info("Job %s to %s over %s:\n%s", name, self.destination, window, self.query)
        job = self._own_jobs().obtain(
            self.query,
            window,
            self.destination,
            self.destination_params or {},
            name,
            secret_params=self._secret_params(),
            known_id=known_id,
        )
        store = context.get("task_state_store")
        if store is not None and job.id != known_id:
            # the name is enough to find it; the id spares Devo to list all jobs
            store.set(f"devo_job_{who.cycle}", job.id, retention=NEVER_EXPIRE)
        return job

    def _stored_id(self, context: Context) -> str | None:
        """Return the job's id as a try before, or this one before it deferred, has stored it."""
        store = context.get("task_state_store")
        job_id = store.get(f"devo_job_{TaskIdentity.of(self, context).cycle}") if store is not None else None
        return str(job_id) if job_id else None

    def _own_jobs(self) -> DevoJobs:
        """Return the jobs of the connection, which is read once: ``on_kill`` has no time for it."""
        if self._jobs is None:
            self._jobs = DevoJobs(DevoHook(self.devo_conn_id))
        return self._jobs

    def _secret_params(self) -> dict[str, Any]:
        if not self.destination_conn_id:
            return {}
        params: dict[str, Any] = BaseHook.get_connection(self.destination_conn_id).extra_dejson
        if not params:
            raise DevoConnectionConfigError(
                f"The connection {self.destination_conn_id!r} has no extra fields; put the destination's"
                " secret params there"
            )
        for secret in secrets_in(params):
            mask_secret(secret)
        return params

    def _followed(self, job: Job, deadline: float) -> Job:
        """Look at the job until it is over."""
        faults = 0
        while not job.is_over:
            if time.time() >= deadline:
                return self._stopped_at_deadline(job)
            self._rest(min(self.poll_interval, deadline - time.time()))
            try:
                job = self._own_jobs().get(job.id)
            except DevoTransientError as error:
                faults += 1
                if faults > self.max_poll_faults:
                    raise
                self.log.warning("Look %d in a row failed, will look again: %s", faults, error)
                telemetry.count("request.retries")
            else:
                faults = 0
                self.log.info("%s", job)
            if self._was_killed:
                raise self._killed()
        return job

    def _rest(self, seconds: float) -> None:
        """Sleep in short naps: after ``on_kill`` Python goes on with the sleep that it interrupted."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._was_killed:
                raise self._killed()
            time.sleep(min(left, _NAP_SECONDS))

    def _stopped_at_deadline(self, job: Job) -> Job:
        """Stop a job whose time is up; return it when it has succeeded meanwhile."""
        stopped = self._own_jobs().stop(job.id)
        if stopped.succeeded:
            return stopped
        raise DevoJobError(
            f"Devo's job {job.id} ({job.name}) did not end within {self._seconds():g} s"
            f" and was stopped; last seen: {job}",
            job_id=job.id,
        )

    def _seconds(self) -> float:
        """Return how long the job may take; Airflow does not look at ``execution_timeout`` in a triggerer."""
        if self.execution_timeout is None:
            return self.job_timeout
        return min(self.job_timeout, self.execution_timeout.total_seconds())

    def _stop_for_kill(self) -> None:
        if self._jobs is None or self._job_id is None or not self.cancel_on_kill:
            return
        try:
            self.log.info("Stopped: %s", self._jobs.stop(self._job_id, seconds=_KILL_SECONDS))
        except DevoError as error:
            self.log.warning("Job %s could not be stopped: %s", self._job_id, error)

    def _killed(self) -> DevoJobError:
        return DevoJobError(
            f"The task was killed; its job {self._job_id} was told to stop"
            if self.cancel_on_kill
            else f"The task was killed; its job {self._job_id} goes on in Devo",
            job_id=self._job_id,
        )

    def _result(self, job: Job) -> dict[str, Any]:
        job.check()
        if job.sent is not None and job.generated is not None and job.sent < job.generated:
            self.log.warning("Devo sent only %d of %d events", job.sent, job.generated)
        window = Window.parse(self.from_, self.to)
        self.log.info("%s to %s, for %s", job, job.destination or self.destination, window)
        return {
            "job_id": job.id,
            "name": job.name,
            "status": job.status,
            "destination": job.destination or self.destination,
            "events": job.sent,
            "generated": job.generated,
            "query": self.query,
            "window": {"from": window.start.isoformat(), "to": window.end.isoformat()},
        }
