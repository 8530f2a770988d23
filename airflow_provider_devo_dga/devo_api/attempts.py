"""When to ask again, and after which pause: exponential, with jitter, and as Devo asks."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from airflow_provider_devo_dga.devo_api.access import Limits
from airflow_provider_devo_dga.errors import DevoIncompleteError, DevoThrottledError, DevoTransientError

log = logging.getLogger(__name__)
T = TypeVar("T")

MAY_PASS = (DevoTransientError, DevoIncompleteError)
"""Errors after which the same question may be asked again: its window is closed, its answer the same."""

_LONGEST_PAUSE = 60.0


class Attempts:
    """Counts the attempts at one question."""

    def __init__(self, limits: Limits, observer: Observer | None = None) -> None:
        self._most = limits.retries + 1
        self._observer = observer or Observer()
        self._made = 0

    def pause(self, error: DevoTransientError | DevoIncompleteError) -> float:
        """Return the seconds to wait before the next attempt.

        :raises: ``error`` itself when there must be no next attempt.
        """
        self._made += 1
        if self._made >= self._most:
            raise error
        pause = _pause(error, self._made)
        log.warning("Attempt %d of %d failed, next in %.1f s: %s", self._made, self._most, pause, error)
        self._observer.asks_again()
        return pause

    def repeated(self, call: Callable[[], T]) -> T:
        """Return what ``call`` returns; after a fault that may pass it is called again."""
        while True:
            try:
                return call()
            except MAY_PASS as error:
                time.sleep(self.pause(error))


def _pause(error: DevoTransientError | DevoIncompleteError, made: int) -> float:
    if isinstance(error, DevoThrottledError) and error.retry_after is not None:
        if error.retry_after > _LONGEST_PAUSE:
            raise error
        return error.retry_after
    return min(_LONGEST_PAUSE, 2.0 ** (made - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret


class Observer:
    """Takes the figures of queries; this one forgets them."""

    def answered(self, rows: int, size: int, seconds: float) -> None:
        """Take a whole answer.

        :param size: bytes of the answer, decompressed.
        :param seconds: from the request to the last row, with what the reader did to the rows meanwhile.
        """

    def asks_again(self) -> None:
        """Take a further attempt at a question."""
