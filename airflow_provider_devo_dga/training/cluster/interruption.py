"""Stop a training from outside: from a signal handler, while it waits for the cluster."""

from __future__ import annotations

import logging
import threading

from airflow_provider_devo_dga.errors import TrainingError, TrainingStoppedError
from airflow_provider_devo_dga.training.cluster.address import ClusterAddress
from airflow_provider_devo_dga.training.cluster.jobs import cancel_path

_CANCEL_SECONDS = 3.0
_CALL_SECONDS = 1.4

_log = logging.getLogger(__name__)


class Interruption:
    """Is asked at each step of a training whether it may go on, and knows the job to cancel when not.

    :param cancels: whether the job on the cluster is to end, too.
    """

    def __init__(self, *, cancels: bool = True) -> None:
        self.cancels = cancels
        self._came = False
        self._job: tuple[ClusterAddress, str] | None = None

    def expect(self, address: ClusterAddress, job: str) -> None:
        self._job = (address, job)

    def forget(self) -> None:
        self._job = None

    def stop(self) -> None:
        """End the training: one call to the cluster, which takes three seconds at most. Imports no h2o."""
        self._came = True
        if self._job is None or not self.cancels:
            return
        # names are looked up without a time limit: a thread of its own keeps it
        call = threading.Thread(target=self._cancel, args=self._job, daemon=True)
        call.start()
        call.join(_CANCEL_SECONDS)

    def check(self) -> None:
        """Return when the training may go on.

        :raises TrainingStoppedError: it was stopped.
        """
        if self._came:
            goes_on = self._job is not None and not self.cancels
            raise TrainingStoppedError(
                "The training was stopped; its job goes on on the cluster"
                if goes_on
                else "The training was stopped"
            )

    @staticmethod
    def _cancel(address: ClusterAddress, job: str) -> None:
        try:
            address.ask("POST", cancel_path(job), seconds=_CALL_SECONDS)
        except TrainingError as error:
            _log.warning("The job %s could not be cancelled: %s", job, error)
        else:
            _log.info("Cancelled the job %s on the H2O cluster", job)
