"""DevoJobs: queries that run inside Devo in the background, by the official client, guarded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.devo_api.access import Limits
from airflow_provider_devo_dga.devo_api.faults import http_options, sdk_fault, transport_error, trust_of
from airflow_provider_devo_dga.devo_api.jobs import (
    LIST_PATH,
    NOT_FOUND,
    NOT_RUNNING,
    Job,
    answer_of,
    job_named,
    job_of,
    job_path,
    job_request,
)
from airflow_provider_devo_dga.devo_api.query import Query, comment_text
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import (
    DevoError,
    DevoJobError,
    DevoPermanentError,
    DevoTransientError,
    DevoWindowError,
)
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.tasks import telemetry

if TYPE_CHECKING:
    from devo.api import Client

_STEP_SECONDS = 60.0
_LONGEST_PAUSE = 60.0
# the official client takes a number of fewer digits for milliseconds
_FIRST_SECONDS = 10**9
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
        attempt = 0
        while True:
            try:
                job = (self._known(known_id) if known_id else None) or self.find(name)
                if job is not None and (job.succeeded or not job.is_over):
                    self.hook.log.info("Devo has it already: %s", job)
                    return job
                return self.submit(query, window, destination, params, name, secret_params=secret_params)
            except DevoTransientError as error:
                if attempt >= self.hook.settings.limits.retries:
                    raise
                self.hook.log.warning("Devo could not start the job, will look again: %s", error)
                telemetry.count("request.retries")
                time.sleep(min(_LONGEST_PAUSE, 2.0**attempt))
                attempt += 1

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
        from devo.api import ClientConfig

        Query(query, window).body()  # refuses an empty query
        if window.start_seconds < _FIRST_SECONDS:
            raise DevoWindowError(f"Devo's client cannot send a window before 2001-09-09, as {window} is")
        secret_params = secret_params or {}
        if not destination or "friendlyName" in {*params, *secret_params}:
            raise DevoPermanentError(
                "A job needs a destination, and gets its friendlyName from the provider; leave it out"
            )
        comments = {key: comment_text(text) for key, text in self.hook.comments.items()}
        client = self._client()
        client.config = ClientConfig(
            response="json",
            processor="default",  # the text as it came: "json" takes some answers for errors
            stream=False,  # streamed, the client would send nothing until someone iterates
            destination={
                "type": destination,
                "params": {"friendlyName": name, **params, **secret_params},
            },
            pragmas={"app_name": comments.get("id", ""), "user": comments.get("user", "")},
        )
        dates = {"from": window.start_seconds, "to": window.end_seconds}
        comment = comments.get("free")
        try:
            answer = self._called(
                lambda: client.query(query=query, dates=dates, comment=comment, ip_as_string=True), query
            )
            return job_of(answer)
        except DevoError as error:
            fault = _without(error, secret_params)
        raise fault

    def find(self, name: str) -> Job | None:
        """Return the job of this name, None when there is none; of several the one that still counts."""
        return job_named(self._asked(lambda client: client.get_jobs(), LIST_PATH), name)

    def get(self, job_id: str) -> Job:
        """Return a job."""
        path = job_path(job_id)
        return job_of(self._asked(lambda client: client.get_job(_last(path)), path))

    def stop(self, job_id: str, *, seconds: float | None = None) -> Job:
        """Stop a job; one that does not run stays as it is.

        :param seconds: make one call, of at most so many seconds, and nothing after it: for ``on_kill``.
        """
        path = job_path(job_id, "stop")
        answer = self._asked(lambda client: client.stop_job(_last(path)), path, seconds)
        try:
            return job_of(answer)
        except DevoJobError as error:
            if error.code != NOT_RUNNING or seconds is not None:
                raise
        return self.get(job_id)

    def remove(self, job_id: str) -> Job:
        """Let Devo forget a job; it stops one that runs."""
        path = job_path(job_id, "remove")
        return job_of(self._asked(lambda client: client.remove_job(_last(path)), path))

    def _known(self, job_id: str) -> Job | None:
        try:
            return self.get(job_id)
        except DevoJobError as error:
            if error.code != NOT_FOUND:
                raise
            return None

    def _client(self, seconds: float | None = None) -> Client:
        """Return an official client for one call: no silent repetition, no pause, always TLS."""
        settings = self.hook.settings
        trust_of(settings.verify)  # the client's own error would not name the field
        client = self.hook.get_conn()
        client.retries, client.retry_delay, client.unsecure_http = 0, 0, False
        # one half to connect, one to answer
        client.timeout = (
            (seconds / 2, seconds / 2) if seconds else min(_STEP_SECONDS, settings.limits.timeout)
        )
        return client

    def _asked(self, call: Callable[[Client], object], path: str, seconds: float | None = None) -> object:
        client = self._client(seconds)
        answer = self._called(lambda: call(client))
        if answer != {}:
            return answer
        if seconds is not None:
            raise DevoTransientError("Devo refused a call on a job, and its client does not tell why")
        return self._asked_again(path)

    def _asked_again(self, path: str) -> object:
        """Make a call ourselves that the client only says ``{}`` about: its status tells what to do."""
        import httpx

        settings = self.hook.settings
        request = job_request(settings.url, path, settings.credentials, int(time.time()) * 1000)
        limits = Limits(min(_STEP_SECONDS, settings.limits.timeout))
        try:
            with httpx.Client(**http_options(settings.verify, limits)) as client:
                response = client.get(request.url, headers=request.headers)
        except httpx.HTTPError as error:
            raise transport_error(error, request.url) from error
        return answer_of(response.status_code, response.headers, response.content)

    def _called(self, call: Callable[[], object], query: str | None = None) -> object:
        import requests
        from devo.api.client import DevoClientException

        try:
            answer = call()
        except (DevoClientException, requests.RequestException, AttributeError, TypeError) as error:
            fault = sdk_fault(error, self.hook.settings.url, query)
        else:
            # the text of a whole answer, or what the client could not read
            return answer_of(200, {}, answer.encode()) if isinstance(answer, str) else answer
        # not inside the except: what the client says may quote what it was given
        raise fault


def _last(path: str) -> str:
    """Return a job's id as the official client must get it, which does not quote it."""
    return path.rpartition("/")[2]


def _without(error: DevoError, secret_params: Mapping[str, Any]) -> DevoError:
    """Return the error without the values of secret params, should Devo have quoted one."""
    for secret in secrets_in(secret_params):
        error.message = error.message.replace(secret, "***")
    error.args = (error.message,)
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error


def secrets_in(value: object) -> list[str]:
    """Return every text among the values of params, however deep, that is long enough to be a secret."""
    if isinstance(value, Mapping):
        return [text for held in value.values() for text in secrets_in(held)]
    if isinstance(value, list | tuple):
        return [text for held in value for text in secrets_in(held)]
    return [value] if isinstance(value, str) and len(value) >= _SHORTEST_SECRET else []
