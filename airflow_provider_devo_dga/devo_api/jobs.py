"""Background jobs without I/O: their paths, and what Devo's answers tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NoReturn, Self
from urllib.parse import quote

from airflow_provider_devo_dga.devo_api.faults import refusal, words_of
from airflow_provider_devo_dga.errors import DevoJobError, DevoResultError, DevoTransientError
from airflow_provider_devo_dga.redaction import beginning, heard

LIST_PATH = "/search/jobs"
NOT_FOUND, STATUS_NOT_CHANGED, NOT_RUNNING = 100, 101, 108
_REFUSALS = (NOT_FOUND, STATUS_NOT_CHANGED, NOT_RUNNING)
_OVER = frozenset({"COMPLETED", "STOPPED", "REMOVED"})


@dataclass(frozen=True, slots=True)
class Job:
    """A query with a destination, as Devo tells of it.

    :param status: Devo's word: CREATED, RUNNING, COMPLETED, STOPPED, RECONNECTING, PAUSED or REMOVED.
    :param name: Devo's ``friendlyName``.
    :param generated: events that the query gave so far, None when Devo does not say.
    :param sent: events that went to the destination so far, None when Devo does not say.
    """

    id: str
    status: str
    destination: str = ""
    name: str = ""
    generated: int | None = None
    sent: int | None = None
    errors: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not. A status that is not known here counts as running."""
        return self.status in _OVER

    @property
    def succeeded(self) -> bool:
        """Whether it is complete, and without an error."""
        return self.status == "COMPLETED" and not self.errors

    def check(self) -> Self:
        """Return it when it has succeeded.

        :raises DevoJobError: with Devo's words.
        """
        if not self.succeeded:
            said = f": {'; '.join(self.errors)}" if self.errors else ""
            raise DevoJobError(
                f"Devo's job {heard(self.id)} ({self.name}) is {self.status}{said}", job_id=self.id
            )
        return self

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "errors": list(self.errors)}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        return cls(**{**told, "errors": tuple(told["errors"])})

    def __str__(self) -> str:
        generated, sent = ("?" if n is None else n for n in (self.generated, self.sent))
        return f"job {heard(self.id)} is {self.status}: {generated} events generated, {sent} sent"


def job_path(job_id: str, change: str = "") -> str:
    """Return the path that tells of a job, or that changes it: ``stop``, ``start`` or ``remove``."""
    return f"/search/job/{f'{change}/' if change else ''}{quote(job_id, safe='')}"


def answer_of(status: int, headers: Mapping[str, str], body: bytes, query: str | None = None) -> Any:
    """Return the document in a reply about jobs.

    :param query: the LINQ that was sent, kept with a ``DevoQueryError``.
    :raises DevoError: by its type, what a reply amounts to that is none.
    """
    if status != 200:
        raise refusal(status, headers, body, query=query)
    try:
        return json.loads(body)
    except ValueError:
        shown = beginning(body)
        if not body.strip() or body.lstrip().startswith((b"{", b"[")):
            raise DevoTransientError(f"Devo's answer about jobs was cut; it begins {shown}") from None
        raise DevoResultError(
            f"The server's answer is not Devo's; it begins {shown}."
            " Check the connection's host: this may be a proxy or a login page"
        ) from None


def job_of(answer: object) -> Job:
    """Return the job that an answer tells of.

    :raises DevoJobError: there is no such job, or it cannot be changed so; ``code`` says which.
    :raises DevoError: by its type, any other refusal inside an answer with HTTP status 200.
    """
    found = _object(answer)
    if not isinstance(found, dict):
        _not_ours(answer)
    return _job(found)


def job_named(answer: object, name: str) -> Job | None:
    """Return the job of this name in an answer that lists jobs, None when there is none.

    Of several, the one that runs wins, then one that succeeded, then the last.
    """
    found = _object(answer)
    if not isinstance(found, list):
        _not_ours(answer)
    jobs = [_job(told) for told in found if isinstance(told, dict) and told.get("friendlyName") == name]
    jobs.sort(key=lambda job: (not job.is_over, job.succeeded))
    return jobs[-1] if jobs else None


def _object(answer: object) -> object:
    """Return what an answer holds, once its code says that it is none of Devo's refusals."""
    if not isinstance(answer, dict):
        _not_ours(answer)
    code = answer.get("status", 0)
    if code in _REFUSALS:
        raise DevoJobError(
            f"Devo refused a call on a job: {heard(words_of(answer))}", code=code, cid=answer.get("cid")
        )
    if (isinstance(code, int) and code) or answer.get("error"):
        raise refusal(code or 500, {}, json.dumps(answer).encode())
    return answer.get("object")


def _job(told: dict[str, Any]) -> Job:
    job_id, status = told.get("id"), told.get("status")
    if not (isinstance(job_id, str) and job_id and isinstance(status, str)):
        _not_ours(told)
    errors = told.get("error") or []
    return Job(
        job_id,
        heard(status),
        destination=heard(told.get("type") or ""),
        name=heard(told.get("friendlyName") or ""),
        generated=_count(told.get("eventGenerated")),
        sent=_count(told.get("eventsSent")),
        errors=tuple(map(heard, errors)) if isinstance(errors, list) else (heard(errors),),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _not_ours(answer: object) -> NoReturn:
    raise DevoResultError(f"Devo's answer does not tell of a job; it begins {beginning(str(answer))}")
