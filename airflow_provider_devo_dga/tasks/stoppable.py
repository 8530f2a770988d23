"""End a task's work when it is killed: at SIGTERM, Airflow calls ``on_kill`` and lets ``execute`` go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class TaskKilledError(BaseException):
    """The task was told to stop. No ``Exception``: nobody on the way may take it for a fault."""


class StoppableMixin:
    """Gives an operator an ``on_kill`` that ends the work under way by raising in it.

    Files and connections are then closed, and unfinished files removed, as after any error. Airflow runs
    ``on_kill`` in the main thread, between two steps of ``execute``, also of one that waits for the network.
    """

    _may_be_stopped = False

    @contextmanager
    def stopped_by_kill(self) -> Iterator[None]:
        """Let ``on_kill`` end the block.

        :raises TaskKilledError: it did. Airflow tries again where retries are left.
        """
        self._may_be_stopped = True
        try:
            yield
        finally:
            self._may_be_stopped = False

    def on_kill(self) -> None:
        """Raise in the block under way; after ``execution_timeout`` there is none any more."""
        if self._may_be_stopped:
            # a second signal must not disturb the tidying up
            self._may_be_stopped = False
            raise TaskKilledError("The task was told to stop; what it had begun is discarded")
