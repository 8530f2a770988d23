"""DevoJobs: queries that run inside Devo in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.log import mask_secret

from airflow_provider_devo_dga.devo_api.access import Limits
from airflow_provider_devo_dga.devo_api.attempts import Attempts
from airflow_provider_devo_dga.devo_api.jobs import (
    LIST_PATH,
    NOT_FOUND,
    NOT_RUNNING,
    Job,
    answer_of,
    job_named,
    job_of,
    job_path,
)
from airflow_provider_devo_dga.devo_api.query import Query
from airflow_provider_devo_dga.devo_api.transport import whole_call
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.devo_api.wire import Request
from airflow_provider_devo_dga.errors import (
    DevoConnectionConfigError,
    DevoError,
    DevoJobError,
    DevoPermanentError,
)
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.extra import Extra
from airflow_provider_devo_dga.redaction import keep_secret
from airflow_provider_devo_dga.tasks.telemetry import QueryStats

_STEP_SECONDS = 60.0
_SHORTEST_SECRET = 4


class DevoJobs:
    """Starts, finds, reads, stops and removes Devo's background jobs ("destination queries").

    Each method raises the provider's own errors: ``DevoTransientError``, ``DevoThrottledError``,
    ``DevoAuthError``, ``DevoQueryError``, ``DevoConnectionConfigError``, ``DevoResultError``, and
    ``DevoJobError`` with Devo's code when there is no such job or it cannot be changed so.

    :param hook: the connection and its pragma comments.
    """

    def __init__(self, hook: DevoHook) -> None:
        self.hook = hook

    def obtain(
        self,
        query: str,
        window: Window,
        destination: str,
        params: Mapping[str, Any],
        name: str,
        *,
        secret_params: Mapping[str, Any] | None = None,
        known_id: str | None = None,
    ) -> Job:
        """Return the job of this name; start it when none runs or has succeeded.

        After a fault that may have hidden a start, Devo is asked for the name before the next attempt, as
        often as the connection's ``retries`` allow.

        :param known_id: the job's id when it is known; spares Devo to list all jobs.
        """

        def once() -> Job:
            job = (self._known(known_id) if known_id else None) or self._named(name)
            if job is not None and (job.succeeded or not job.is_over):
                self.hook.log.info("Devo has it already: %s", job)
                return job
            return self.submit(query, window, destination, params, name, secret_params=secret_params)

        return self._attempts().repeated(once)

    def submit(
        self,
        query: str,
        window: Window,
        destination: str,
        params: Mapping[str, Any],
        name: str,
        *,
        secret_params: Mapping[str, Any] | None = None,
    ) -> Job:
        """Start a job, whether or not there is one of this name.

        :param query: LINQ.
        :param window: when its end is still to come, the job runs until then.
        :param destination: Devo's type, e.g. ``donothing``, ``s3``.
        :param params: the destination's params, but its ``friendlyName``.
        :param name: the ``friendlyName``.
        :param secret_params: further params; their values are in no error.
        """
        secret_params = secret_params or {}
        if not destination or "friendlyName" in {*params, *secret_params}:
            raise DevoPermanentError(
                "A job needs a destination, and gets its friendlyName from the provider; leave it out"
            )
        keep_secret(*_secrets_in(secret_params))
        told = {"type": destination, "params": {"friendlyName": name, **params, **secret_params}}
        asked = Query(query, window, comments=self.hook.comments)
        try:
            return job_of(self._sent(self.hook.settings.endpoint.post(asked.body(told)), query))
        except DevoError as error:
            fault = _without(error, secret_params)
        # not inside the except: its context may quote what was sent
        raise fault

    def find(self, name: str) -> Job | None:
        """Return the job of this name, None when there is none; of several the one that still counts."""
        return self._attempts().repeated(lambda: self._named(name))

    def get(self, job_id: str) -> Job:
        """Return a job."""
        return self._attempts().repeated(lambda: self._told(job_path(job_id)))

    def stop(self, job_id: str, *, seconds: float | None = None) -> Job:
        """Stop a job; one that does not run stays as it is.

        :param seconds: make one call, of at most so many seconds, and nothing after it: for ``on_kill``.
        """
        path = job_path(job_id, "stop")
        if seconds is not None:
            return job_of(self._asked(path, seconds))
        try:
            return self._attempts().repeated(lambda: self._told(path))
        except DevoJobError as error:
            if error.code != NOT_RUNNING:
                raise
        return self.get(job_id)

    def remove(self, job_id: str) -> Job:
        """Let Devo forget a job; it stops one that runs.

        When the answer to a first attempt was lost, ``code`` 100 of the error says that it is gone.
        """
        return self._attempts().repeated(lambda: self._told(job_path(job_id, "remove")))

    def _attempts(self) -> Attempts:
        return Attempts(self.hook.settings.limits, QueryStats())

    def _known(self, job_id: str) -> Job | None:
        try:
            return self._told(job_path(job_id))
        except DevoJobError as error:
            if error.code != NOT_FOUND:
                raise
            return None

    def _named(self, name: str) -> Job | None:
        return job_named(self._asked(LIST_PATH), name)

    def _told(self, path: str) -> Job:
        return job_of(self._asked(path))

    def _asked(self, path: str, seconds: float = _STEP_SECONDS) -> object:
        return self._sent(self.hook.settings.endpoint.get(path), seconds=seconds)

    def _sent(self, request: Request, query: str | None = None, seconds: float = _STEP_SECONDS) -> object:
        """Make one call, which follows no redirection, and return the document of its answer."""
        settings = self.hook.settings
        limits = Limits(min(seconds, settings.limits.timeout))
        response = whole_call(request, settings.verify, limits)
        return answer_of(response.status_code, response.headers, response.content, query)


def _without(error: DevoError, secret_params: Mapping[str, Any]) -> DevoError:
    """Return the error without the values of secret params, should Devo have quoted one."""
    for secret in _secrets_in(secret_params):
        error.message = error.message.replace(secret, "***")
    error.args = (error.message,)
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error


def secret_params_of(conn_id: str) -> dict[str, Any]:
    """Return a destination's params from the extra of an Airflow connection, and mask them.

    :raises DevoConnectionConfigError: it has none, or is itself one to Devo, H2O or MLflow.
    """
    params = Extra.of_another(BaseHook.get_connection(conn_id)).fields
    if not params:
        raise DevoConnectionConfigError(
            f"The connection {conn_id!r} has no extra fields; put the destination's secret params there"
        )
    for secret in _secrets_in(params):
        mask_secret(secret)
    return params


def _secrets_in(value: object) -> list[str]:
    """Return every text among the values of params, however deep, that is long enough to be a secret."""
    if isinstance(value, Mapping):
        return [text for held in value.values() for text in _secrets_in(held)]
    if isinstance(value, list | tuple):
        return [text for held in value for text in _secrets_in(held)]
    return [value] if isinstance(value, str) and len(value) >= _SHORTEST_SECRET else []
