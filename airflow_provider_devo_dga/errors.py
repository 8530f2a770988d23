"""Every exception this provider raises, in one tree. Retry policies match them by dotted name.

::

    DevoDgaError
    ├── DevoError                        .status .code .message .cid as Devo sent them, None when absent
    │   ├── DevoTransientError           no answer, reset, stall, 5xx: the same call may work later
    │   │   └── DevoThrottledError       adds .retry_after in seconds, None when Devo named no delay
    │   ├── DevoIncompleteError          rows began and did not end; adds .rows_read; read it all again
    │   ├── DevoJobError                 a background job failed, was stopped or is gone; adds .job_id
    │   └── DevoPermanentError           the same call will fail again
    │       ├── DevoConnectionConfigError    the Airflow connection lacks or contradicts something
    │       ├── DevoAuthError            token, key or signature refused
    │       ├── DevoQueryError           Devo refused the LINQ text; adds .query
    │       ├── DevoWindowError          a window that is naive, empty, reversed or not yet over
    │       ├── DevoResultError          a whole answer that does not mean what was asked for
    │       ├── DevoLimitError           more rows or bytes than the caller allows
    │       ├── ModelNotFoundError
    │       ├── ModelAlreadyExistsError
    │       └── ModelRejectedError       the Model Manager refused or altered a model; adds .detail
    ├── DocumentError                    a stored document that is damaged, or of a newer release
    ├── StorageError                     no whole address; a folder that others may write to; no right
    ├── FeatureError                     a feature set that cannot mean anything
    ├── SourceError                      a source of reports that cannot work; adds .field
    ├── SourcesError                     a list of sources with errors; tells each with its line
    ├── ReportError                      scored rows that cannot become a report
    ├── DriftError                       a model without a baseline to compare traffic with
    ├── HistoryError                     the history of models cannot be read or written now
    │   └── HistoryConfigError           nor later: no MLflow, a wrong address, credentials refused
    └── TrainingError
        ├── DatasetError                 the dataset cannot be trained on
        ├── TrainingParameterError       a parameter that is unknown or out of range
        ├── H2OClusterError              no cluster, no Java, or the cluster died
        │   └── H2OConfigError           nor later: certificate, address, or the proxy on the way
        ├── TrainingStoppedError         somebody stopped it, a kill for instance
        └── MojoExportError              no MOJO can be had from this client, or the file is not one
"""

from __future__ import annotations

from typing import TypedDict, Unpack

from airflow_provider_devo_dga.redaction import heard, hidden


class DevoDgaError(Exception):
    """Base of everything this provider raises on purpose; no text of it holds a secret that is known."""

    def __init__(self, *told: object) -> None:
        super().__init__(*(hidden(text) if isinstance(text, str) else text for text in told))


class Facts(TypedDict, total=False):
    """What Devo told beside the message, see :class:`DevoError`."""

    status: int | None
    code: int | str | None
    cid: str | None


class DevoError(DevoDgaError):
    """Devo, or the way to it, failed.

    :param message: what happened and what to do, without credentials.
    :param status: HTTP status, when there was an answer.
    :param code: Devo's own error code (number or word), when it sent one.
    :param cid: Devo's correlation id; give it to Devo's support.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | str | None = None,
        cid: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message: str = self.args[0]
        self.status = status
        self.code = heard(code, 80) if isinstance(code, str) else code
        self.cid = None if cid is None else heard(cid, 80)

    def __str__(self) -> str:
        facts = [
            f"{name} {value}"
            for name, value in (("HTTP", self.status), ("code", self.code), ("cid", self.cid))
            if value is not None
        ]
        return f"{self.message} [{', '.join(facts)}]" if facts else self.message


class DevoTransientError(DevoError):
    """No answer, a reset, a stall or a 5xx: the same call may work later."""


class DevoThrottledError(DevoTransientError):
    """Devo asked to slow down (429).

    :param retry_after: seconds that Devo asked to wait, None when it did not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after


class DevoIncompleteError(DevoError):
    """Rows began and did not end. What was read is not the whole answer; read the window again.

    :param rows_read: whole rows seen before the break.
    """

    def __init__(self, message: str, *, rows_read: int = 0, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.rows_read = rows_read


class DevoJobError(DevoError):
    """A background job failed, was stopped, took too long or is gone. A retry may start a new one.

    :param job_id: Devo's id of the job, None when Devo named none.
    """

    def __init__(self, message: str, *, job_id: str | None = None, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.job_id = job_id


class DevoPermanentError(DevoError):
    """The same call will fail again; a retry only costs time."""


class DevoConnectionConfigError(DevoPermanentError):
    """The Airflow connection lacks something, or holds something that cannot be used."""


class DevoAuthError(DevoPermanentError):
    """Devo refused the token, key or signature."""


class DevoQueryError(DevoPermanentError):
    """Devo refused the query.

    :param query: the LINQ text that was refused.
    """

    def __init__(self, message: str, *, query: str | None = None, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.query = query


class DevoWindowError(DevoPermanentError, ValueError):
    """A time window that is naive, empty, reversed or not yet over."""


class DevoResultError(DevoPermanentError):
    """A whole answer that does not mean what was asked for (columns, labels, values)."""


class DevoLimitError(DevoPermanentError):
    """A query that gives more rows or bytes than the caller allows."""


class ModelNotFoundError(DevoPermanentError):
    """The Model Manager knows no model of this name."""


class ModelAlreadyExistsError(DevoPermanentError):
    """The Model Manager has another model under this name, and replacing was not asked for."""


class ModelRejectedError(DevoPermanentError):
    """The Model Manager refused a model, or holds something else than what was sent.

    :param detail: the Model Manager's own words, None when it gave none.
    """

    def __init__(self, message: str, *, detail: str | None = None, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.detail = None if detail is None else heard(detail)


class DocumentError(DevoDgaError):
    """A stored document is damaged, or a newer release wrote it; says where it lies and what to do."""


class StorageError(DevoDgaError):
    """A place for files that is none, is not safe to use, or refuses us; names it and the cure."""


class FeatureError(DevoDgaError, ValueError):
    """A feature set, name or literal that cannot mean anything."""


class SourceError(DevoDgaError):
    """A value of a source that can never work.

    :param field: name of the field.
    :param told: what is wrong with it.
    """

    def __init__(self, field: str, told: str) -> None:
        super().__init__(f"{field}: {told}")
        self.field = field
        self.told = told


class SourcesError(DevoDgaError):
    """A list of sources that cannot be used; names each fault with its line and field."""


class ReportError(DevoDgaError):
    """Scored rows that cannot become a report."""


class DriftError(DevoDgaError):
    """A model without a baseline, or with another one than its features."""


class HistoryError(DevoDgaError):
    """The history of models cannot be read or written; the same call may work later."""


class HistoryConfigError(HistoryError):
    """The history cannot be used as it is set up: no MLflow, a wrong address, credentials refused."""


class TrainingError(DevoDgaError):
    """No model came of it."""


class DatasetError(TrainingError, ValueError):
    """The dataset cannot be trained on."""


class TrainingParameterError(TrainingError, ValueError):
    """A parameter of the training that is unknown or out of range."""


class H2OClusterError(TrainingError):
    """No H2O cluster could be had, or it went away."""


class H2OConfigError(H2OClusterError):
    """The cluster cannot be used as its connection is: address, certificate, or the proxy on the way."""


class TrainingStoppedError(TrainingError):
    """The training was stopped from outside, by a kill of its task for instance."""


class MojoExportError(TrainingError):
    """No MOJO can be had from this H2O client, or the file is not one."""
