"""Where a model comes from: the task that trains it, and the version that follows from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from airflow_provider_devo_dga.errors import DevoPermanentError

_FORM = "%Y%m%dT%H%M%SZ"
_LENGTH = len("20260101T030000Z")
# A version comes from a description or a param: it must not lead out of the folder.
_VERSION = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Origin:
    """One task instance that trains; its retries, and what a clear starts anew, are the same one.

    :param map_index: -1 for a task that is not mapped.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1

    def version(self, run_after: datetime) -> str:
        """Return ``20260101T030000Z``, of a mapped task ``20260101T030000Z_3``; sorts by time."""
        mapped = f"_{self.map_index}" if self.map_index >= 0 else ""
        return f"{run_after.astimezone(UTC).strftime(_FORM)}{mapped}"

    def __str__(self) -> str:
        mapped = f" [{self.map_index}]" if self.map_index >= 0 else ""
        return f"task {self.task_id}{mapped} of run {self.run_id} of Dag {self.dag_id}"


def checked_version(version: str) -> str:
    """Return a version that names one folder.

    :raises DevoPermanentError: it is none.
    """
    if not _VERSION.fullmatch(version):
        raise DevoPermanentError(f"{version[:80]!r} is not a version, such as 20260101T030000Z")
    return version


def time_of(version: str) -> datetime | None:
    """Return the time that a version says; None for a version of the user's own making."""
    try:
        return datetime.strptime(version[:_LENGTH], _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
