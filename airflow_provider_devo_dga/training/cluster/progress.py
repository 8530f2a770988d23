"""Wait for an H2O training job and tell a logger how far it is."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import H2OClusterError, TrainingError
from airflow_provider_devo_dga.training.cluster.address import ClusterAddress, healthy
from airflow_provider_devo_dga.training.cluster.connection import current_address
from airflow_provider_devo_dga.training.cluster.interruption import Interruption
from airflow_provider_devo_dga.training.cluster.jobs import Job, all_jobs, cancel, look

if TYPE_CHECKING:
    from h2o.estimators import H2OGradientBoostingEstimator

# a look takes the cluster's processors from the training, and a late one lets them idle
_LEAST_PAUSE, _MOST_PAUSE = 0.05, 0.5
_PAUSE_SHARE = 0.1
_EVERY_SECONDS = 5.0
_CANCEL_SECONDS = 2.0
_END_SECONDS = 10.0

_log = logging.getLogger(__name__)


def train_with_progress(
    estimator: H2OGradientBoostingEstimator,
    *,
    interruption: Interruption,
    attach: bool,
    meanwhile: Callable[[], object] | None = None,
    **arguments: Any,
) -> H2OGradientBoostingEstimator:
    """Train and log a line such as ``training: 40 %, 60 of 150 trees`` every five seconds.

    An exception inside (a task that is stopped, for instance) cancels the job on the cluster. When the
    cluster does not answer, the job is left to the next try.

    :param attach: take the job or the model of this key when the cluster has one, instead of another.
    :param meanwhile: work to do while the cluster trains; what it raises ends the training.
    :param arguments: what ``estimator.train`` takes: ``x``, ``y``, ``training_frame``, ``validation_frame``.
    :return: the trained estimator: another object when the model was there.
    :raises TrainingStoppedError: by the interruption.
    :raises TrainingError: when H2O gives up on the model or somebody cancels the job.
    """
    address = current_address()
    interruption.check()
    found = _found(address, estimator.model_id) if attach else None
    if found is None:
        estimator.start(**arguments)
        job_key = estimator._job.job_key
    else:
        job_key = found.key
    interruption.expect(address, job_key)
    try:
        if meanwhile is not None:
            meanwhile()
        job = _wait(address, job_key, interruption, trees=int(estimator.ntrees))
    except H2OClusterError:
        raise
    except BaseException:
        if not interruption.cancels:
            # whatever the kill broke off, the job goes on
            interruption.check()
        with contextlib.suppress(H2OClusterError):
            cancel(address, job_key, seconds=_CANCEL_SECONDS)
        raise
    interruption.forget()
    if job.status != "DONE":
        interruption.check()
        raise TrainingError(f"H2O ended the training as {job.status}: {job.reason}")
    if found is None:
        estimator.join()
        return estimator
    import h2o

    return h2o.get_model(estimator.model_id)


def _found(address: ClusterAddress, model_key: str) -> Job | None:
    """Return the job that makes this model or has made it; without one nothing is in the way of another."""
    jobs = [job for job in all_jobs(address) if job.target == model_key]
    if not jobs:
        return None
    last = jobs[-1]
    if last.status == "CANCEL_PENDING":
        cancel(address, last.key, seconds=_END_SECONDS)
    elif not last.is_over:
        _log.info("training: found the job again, %.0f %% done", 100 * last.progress)
        return last
    path = f"/3/Models/{model_key}"
    if last.status == "DONE" and address.ask("GET", path):
        _log.info("training: found the model again")
        return last
    address.ask("DELETE", f"/3/DKV/{model_key}")
    return None


def _wait(address: ClusterAddress, key: str, interruption: Interruption, *, trees: int) -> Job:
    began = told = time.monotonic()
    while True:
        interruption.check()
        job = look(address, key)
        if job.is_over:
            return job
        if time.monotonic() - told >= _EVERY_SECONDS:
            told = time.monotonic()
            _log.info("training: %.0f %%, %.0f of %d trees", 100 * job.progress, job.progress * trees, trees)
            healthy(address)
        time.sleep(_pause(time.monotonic() - began, job.progress))


def _pause(seconds: float, progress: float) -> float:
    """Return how long to wait for the next look: a tenth of what is left at this speed, within bounds."""
    left = seconds * (1 - progress) / max(progress, 0.01)
    return min(max(_PAUSE_SHARE * left, _LEAST_PAUSE), _MOST_PAUSE)
