"""A training that outlives its process: names on the cluster that the next try finds again."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow_provider_devo_dga.errors import (
    DevoDgaError,
    H2OClusterError,
    TrainingError,
    TrainingStoppedError,
)
from airflow_provider_devo_dga.training.cluster.address import ClusterAddress
from airflow_provider_devo_dga.training.cluster.jobs import Job, all_jobs, cancel

# Rows of the training part that trees are grown on.
GROWN = "grown"
PARTS = ("train", "valid", "test", GROWN)
_CONTENT_LENGTH = 10
_CANCEL_SECONDS = 10.0
# Airflow ends a killed task after five seconds
_KILL_SECONDS = 3.0
_MOST_SESSIONS = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Durable:
    """What a training is called on a cluster: the same in each try, another after a clear.

    ``<task>_c<cycle>_<content>`` is its model; its frames and other models begin so too. The content is a
    hash of all that the model depends on, so a dataset that has changed makes another model.

    :param task: says which task of which run it is, letters, digits and ``_``.
    :param cycle: number of the first try since the task was cleared last.
    :param attempt: number of this try; the frames of former ones are in sessions that nobody ends.
    :param is_last: whether no other try comes by itself when this one fails.
    """

    task: str
    cycle: int
    attempt: int
    is_last: bool = False

    @property
    def session(self) -> str:
        return self._session(self.attempt)

    def model_key(self, content: str) -> str:
        return f"{self.task}_c{self.cycle}_{content}"

    @contextmanager
    def kept_for_another_try(self, address: ClusterAddress, *, cancels: bool) -> Iterator[None]:
        """Remove all of this task at the end of the block, unless a try is to come that can go on with it.

        :param cancels: whether a training that is stopped is to end on the cluster, too.
        """
        try:
            yield
        except BaseException as error:
            if not self._goes_on(error, cancels=cancels):
                self.remove(address, seconds=_KILL_SECONDS)
            raise
        self.remove(address)

    def _goes_on(self, error: BaseException, *, cancels: bool) -> bool:
        if isinstance(error, TrainingStoppedError):
            return not cancels
        if isinstance(error, H2OClusterError):
            return True
        # storage, for instance; what this provider raises, and a time limit, would come again
        return isinstance(error, Exception) and not isinstance(error, DevoDgaError) and not self.is_last

    def settle(self, address: ClusterAddress, model_key: str) -> None:
        """End and remove what this task has left on the cluster, but for what belongs to ``model_key``.

        Call it before anything of this training is made.
        """
        ours = [job for job in all_jobs(address) if job.target.startswith(f"{self.task}_c")]
        former = [job for job in ours if not _belongs(job.target, model_key)]
        for job in former:
            if not job.is_over:
                _log.info("Cancelling the job of a former run of this task, for %s", job.target)
                if not cancel(address, job.key, seconds=_CANCEL_SECONDS):
                    _log.warning("The former job has not ended within %g s", _CANCEL_SECONDS)
        self._remove(address, former)
        if all(job.is_over for job in ours if _belongs(job.target, model_key)):
            # a job that runs needs the frames of the session that began it
            self.end_sessions(address)

    def end_sessions(self, address: ClusterAddress) -> None:
        """End the sessions of former tries, with their frames."""
        for attempt in range(max(1, self.attempt - _MOST_SESSIONS), self.attempt):
            address.ask("DELETE", f"/4/sessions/{self._session(attempt)}")

    def remove(self, address: ClusterAddress, *, seconds: float = 30.0) -> None:
        """Cancel and remove all of this task, within some seconds; what cannot be removed is told."""
        deadline = time.monotonic() + seconds
        try:
            ours = [job for job in all_jobs(address) if job.target.startswith(f"{self.task}_c")]
            for job in ours:
                if not job.is_over:
                    cancel(address, job.key, seconds=max(0.1, deadline - time.monotonic() - 1))
            self._remove(address, ours, deadline)
            self.end_sessions(address)
        except TrainingError as error:
            _log.warning("Something of this training may be left on the H2O cluster: %s", error)

    def _remove(self, address: ClusterAddress, jobs: list[Job], deadline: float | None = None) -> None:
        keys = {job.target: None for job in jobs}
        for job in jobs:
            if stem := _stem(job.target, self.task):
                keys |= {stem: None, f"{stem}_rows": None} | {f"{stem}_{part}": None for part in PARTS}
        for key in keys:
            if deadline is not None and time.monotonic() > deadline:
                raise TrainingError(f"no time was left to remove {key}")
            try:
                address.ask("DELETE", f"/3/DKV/{quote(key, safe='')}")
            except TrainingError as error:
                _log.warning("%s stays on the H2O cluster: %s", key, error)

    def _session(self, attempt: int) -> str:
        return f"_sid_{self.task}_t{attempt}"


def content_of(rows: Path, facts: Mapping[str, Any]) -> str:
    with rows.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(json.dumps(facts, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:_CONTENT_LENGTH]


def _belongs(key: str, model_key: str) -> bool:
    return key == model_key or key.startswith(f"{model_key}_")


def _stem(key: str, task: str) -> str | None:
    found = re.match(rf"{re.escape(task)}_c\d+_[0-9a-f]{{{_CONTENT_LENGTH}}}", key)
    return found[0] if found else None
