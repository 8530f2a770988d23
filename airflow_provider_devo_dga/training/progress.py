"""Wait for an H2O training job and tell a logger how far it is."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import TrainingError

if TYPE_CHECKING:
    from h2o.estimators import H2OGradientBoostingEstimator

_POLL_SECONDS = 0.5
_EVERY_SECONDS = 5.0
_LOST_POLLS = 3
_LOST_PAUSE_SECONDS = 1.0


def train_with_progress(
    estimator: H2OGradientBoostingEstimator,
    *,
    log: logging.Logger,
    **arguments: Any,
) -> None:
    """Train ``estimator`` and log a line such as ``training: 40 %, 60 of 150 trees`` every five seconds.

    An exception inside (a task that is stopped, for instance) cancels the job on the cluster.

    :param arguments: what ``estimator.train`` takes: ``x``, ``y``, ``training_frame``, ``validation_frame``.
    :raises TrainingError: when H2O gives up on the model or somebody cancels the job.
    """
    estimator.start(**arguments)
    job = estimator._job
    try:
        status, reason = _wait(job.job_key, log, trees=int(estimator.ntrees))
    except BaseException:
        _cancel(job)
        raise
    if status != "DONE":
        raise TrainingError(f"H2O ended the training as {status}: {reason}")
    estimator.join()


def _wait(key: str, log: logging.Logger, *, trees: int) -> tuple[str, str]:
    told = time.monotonic()
    while True:
        job = _job_state(key)
        if job["status"] not in {"CREATED", "RUNNING"}:
            return job["status"], _reason(job)
        if time.monotonic() - told >= _EVERY_SECONDS:
            told = time.monotonic()
            share = float(job["progress"])
            log.info("training: %.0f %%, %.0f of %d trees", 100 * share, share * trees, trees)
        time.sleep(_POLL_SECONDS)


def _job_state(key: str) -> dict[str, Any]:
    """Ask for the job; a busy cluster may miss a few questions, a dead one misses them all."""
    import h2o
    from h2o.exceptions import H2OConnectionError

    for _ in range(_LOST_POLLS - 1):
        try:
            return _only_job(h2o.api(f"GET /3/Jobs/{key}"))
        except H2OConnectionError:
            time.sleep(_LOST_PAUSE_SECONDS)
    return _only_job(h2o.api(f"GET /3/Jobs/{key}"))


def _only_job(answer: Any) -> dict[str, Any]:
    job: dict[str, Any] = answer["jobs"][0]
    return job


def _reason(job: dict[str, Any]) -> str:
    lines = str(job.get("exception") or job.get("progress_msg") or "no reason given").strip().splitlines()
    return lines[0] if lines else "no reason given"


def _cancel(job: Any) -> None:
    from h2o.exceptions import H2OError

    # the cluster may be what failed
    with contextlib.suppress(H2OError):
        job.cancel()
