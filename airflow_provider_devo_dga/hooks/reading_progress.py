"""Progress of a long answer in the task's log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from airflow_provider_devo_dga.devo_api.files import WrittenFile

_EVERY_SECONDS = 5.0


class _Log(Protocol):
    def info(self, msg: str, /, *args: Any) -> Any: ...


class ReadingProgress:
    """Says every few seconds how many rows came, and how fast. Call it with the rows so far."""

    def __init__(self, log: _Log) -> None:
        self._log = log
        self._started = self._last = time.monotonic()
        self._last_rows = 0

    def __call__(self, rows: int) -> None:
        """Log when it is time to."""
        now = time.monotonic()
        if now - self._last >= _EVERY_SECONDS:
            rate = (rows - self._last_rows) / (now - self._last)
            self._log.info("%d rows so far, %.0f rows/s", rows, rate)
            self._last, self._last_rows = now, rows

    def done(self, written: WrittenFile) -> None:
        """Log the whole."""
        seconds = time.monotonic() - self._started
        self._log.info(
            "%d rows in %.1f s, %d bytes, complete, at %s", written.rows, seconds, written.bytes, written.path
        )
