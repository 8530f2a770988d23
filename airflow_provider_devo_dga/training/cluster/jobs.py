"""Jobs on an H2O cluster: find the one that makes a key, look at it, cancel it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from airflow_provider_devo_dga.errors import H2OClusterError
from airflow_provider_devo_dga.redaction import heard
from airflow_provider_devo_dga.training.cluster.address import ClusterAddress

_LOST_LOOKS = 3
_LOST_PAUSE_SECONDS = 1.0
_OVER = frozenset({"DONE", "CANCELLED", "FAILED"})


@dataclass(frozen=True, slots=True)
class Job:
    """A job as H2O tells of it.

    :param target: key of what it makes.
    :param status: H2O's word; one that is not known here counts as running.
    :param progress: share from 0 to 1.
    :param started: milliseconds since 1970.
    :param reason: why it failed, else what it does.
    """

    key: str
    target: str
    status: str
    progress: float
    started: int
    reason: str

    @property
    def is_over(self) -> bool:
        return self.status in _OVER

    @classmethod
    def of(cls, told: dict[str, Any]) -> Job:
        said = str(told.get("exception") or told.get("progress_msg") or "").strip().splitlines()
        return cls(
            key=told["key"]["name"],
            target=(told.get("dest") or {}).get("name") or "",
            status=told["status"],
            progress=float(told.get("progress") or 0.0),
            started=int(told.get("start_time") or 0),
            reason=heard(said[0]) if said else "no reason given",
        )


def all_jobs(address: ClusterAddress) -> list[Job]:
    """Return every job since the cluster's start, the latest last."""
    told = (address.ask("GET", "/3/Jobs") or {}).get("jobs") or ()
    return sorted(map(Job.of, told), key=lambda job: job.started)


def look(address: ClusterAddress, key: str) -> Job:
    """Return the job; a busy cluster may miss a few looks, a dead one misses them all.

    :raises H2OClusterError: no answer, or the cluster does not know the job.
    """
    for _ in range(_LOST_LOOKS - 1):
        try:
            return _look(address, key)
        except H2OClusterError:
            time.sleep(_LOST_PAUSE_SECONDS)
    return _look(address, key)


def _look(address: ClusterAddress, key: str) -> Job:
    answer = address.ask("GET", f"/3/Jobs/{quote(key, safe='$')}")
    if not answer:
        raise H2OClusterError(f"The H2O cluster at {address.url} has forgotten a job: was it restarted?")
    return Job.of(answer["jobs"][0])


def cancel(address: ClusterAddress, key: str, *, seconds: float) -> bool:
    """Cancel a job and wait a while for its end, until when its frames and its model are locked.

    :return: whether it has ended.
    :raises H2OClusterError: no answer.
    """
    deadline = time.monotonic() + seconds
    address.ask("POST", cancel_path(key), seconds=seconds)
    while not (over := _look(address, key).is_over) and time.monotonic() < deadline:
        time.sleep(0.1)
    return over


def cancel_path(key: str) -> str:
    return f"/3/Jobs/{quote(key, safe='$')}/cancel"
