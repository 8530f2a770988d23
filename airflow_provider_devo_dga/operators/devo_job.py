"""DevoJobOperator: a LINQ query that runs inside Devo as a background job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk.configuration import conf

from airflow_provider_devo_dga.devo_api.jobs import Job
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_jobs import DevoJobs, secret_params_of
from airflow_provider_devo_dga.tasks.identity import TaskIdentity
from airflow_provider_devo_dga.tasks.lineage import lineage, table_places
from airflow_provider_devo_dga.tasks.own_job import OwnJob
from airflow_provider_devo_dga.tasks.rendered import mapping_or_none
from airflow_provider_devo_dga.tasks.run_window import Moment, Span, run_window
from airflow_provider_devo_dga.tasks.wired import WiredOperator
from airflow_provider_devo_dga.triggers.devo_job import DevoJobTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context


class DevoJobOperator(WiredOperator):
    """Lets Devo run a query in the background and send its events to a destination; waits for the end.

    No event comes to Airflow: for rows in a file use ``DevoQueryOperator``. The job has a name of its own,
    made of Dag, run, task, map index and clear: a retry, or a task whose worker was lost, finds its job again
    instead of starting a second one, and a cleared task starts anew. A job that failed or was stopped is
    started anew by the next retry. Killing the task stops the job.

    Returns ``{"job_id", "name", "status", "destination", "events", "generated", "query", "window": {"from",
    "to"}}``: ``events`` were sent and ``generated`` given by the query, None where Devo does not say.

    :param query: LINQ text, or the name of a ``.linq`` file. (templated)
    :param window: None for the run's own window; a width, ``timedelta(hours=1)`` for the last full hour; or
        ``{"from", "to"}``: see ``run_window``. (templated)
    :param from_: start of another window, included: aware datetime or ISO 8601 text. (templated)
    :param to: its end, excluded; when it is to come, the job runs until then. (templated)
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
        "window",
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
        destination: str,
        window: Span = None,
        from_: Moment = None,
        to: Moment = None,
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
        self.window = window
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
        self._own: OwnJob | None = None
        self._was_killed = False

    def execute(self, context: Context) -> dict[str, Any]:
        """Start the job or find it again, and wait for its end.

        :raises DevoJobError: it failed, was stopped, or took longer than ``job_timeout``.
        """
        own = self._own_job(context)
        window = self._window(context)
        self.log.info("Job %s to %s over %s:\n%s", own.name, self.destination, window, self.query)
        obtain = partial(
            DevoJobs(DevoHook(self.devo_conn_id)).obtain,
            self.query,
            window,
            self.destination,
            mapping_or_none(self.destination_params, "destination_params") or {},
            own.name,
            secret_params=secret_params_of(self.destination_conn_id) if self.destination_conn_id else {},
        )
        job = own.begin(lambda known_id: obtain(known_id=known_id))
        if self.deferrable and not job.is_over:
            self.defer(
                trigger=DevoJobTrigger(
                    job_id=job.id,
                    devo_conn_id=self.devo_conn_id,
                    poll_interval=self.poll_interval,
                    deadline=own.deadline,
                    max_poll_faults=self.max_poll_faults,
                    cancel_on_kill=self.cancel_on_kill,
                ),
                method_name="execute_complete",
                kwargs={"job_id": job.id},
                timeout=None,  # the trigger keeps the deadline: Airflow's would leave the job running
            )
        return self._result(own.follow(job), window)

    def execute_complete(
        self, context: Context, event: dict[str, Any] | None = None, job_id: str | None = None
    ) -> dict[str, Any]:
        """Take the trigger's event.

        :raises DevoJobError: the job failed, was stopped, or took too long.
        :raises DevoDgaError: the error that the trigger met, by its own type; the job goes on.
        """
        return self._result(self._own_job(context).job_in(event, job_id), self._window(context))

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Tell OpenLineage the tables; where events go is Devo's own affair. None without its provider."""
        return lineage(table_places(self.devo_conn_id, self.query), [], query=self.query)

    def on_kill(self) -> None:
        """Stop the job, within the time that Airflow leaves."""
        self._was_killed = True
        if self._own is not None:
            self._own.kill()

    def _own_job(self, context: Context) -> OwnJob:
        who, seconds = TaskIdentity.of(self, context), self.job_timeout
        if self.execution_timeout is not None:
            # Airflow does not look at it in a triggerer
            seconds = min(seconds, self.execution_timeout.total_seconds())
        self._own = OwnJob(
            DevoJobs(DevoHook(self.devo_conn_id)),
            name=who.job_name(self.name_prefix),
            store=context.get("task_state_store"),
            store_key=f"devo_job_{who.cycle}",
            seconds=seconds,
            poll_interval=self.poll_interval,
            max_poll_faults=self.max_poll_faults,
            cancels=self.cancel_on_kill,
        )
        if self._was_killed:
            self._own.kill()
        return self._own

    def _window(self, context: Context) -> Window:
        return run_window(context, self.window, from_=self.from_, to=self.to)

    def _result(self, job: Job, window: Window) -> dict[str, Any]:
        job.check()
        if job.sent is not None and job.generated is not None and job.sent < job.generated:
            self.log.warning("Devo sent only %d of %d events", job.sent, job.generated)
        self.log.info("%s to %s, for %s", job, job.destination or self.destination, window)
        return {
            "job_id": job.id,
            "name": job.name,
            "status": job.status,
            "destination": job.destination or self.destination,
            "events": job.sent,
            "generated": job.generated,
            "query": self.query,
            "window": window.written,
        }
