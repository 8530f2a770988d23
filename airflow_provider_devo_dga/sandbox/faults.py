"""Faults to be shown on purpose, so that a client can be tried against them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Instead of an answer, or in place of its first line.
INSTEAD = frozenset({"auth", "http_503", "html_502", "html_200", "launch_200", "empty_200", "e_first"})
# After some rows of an answer.
AFTER_ROWS = frozenset(
    {"e_mid", "e_mid_escaped", "short_row", "cut_row", "cut_mid_row", "cut_chunked", "stall"}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and where it strikes."""

    name: str
    after_rows: int


class Faults:
    """The faults that the next queries will meet, in order."""

    def __init__(self) -> None:
        self._waiting: deque[Fault] = deque()
        self._lock = threading.Lock()

    def add(self, wanted: Mapping[str, Any]) -> None:
        """Let the next queries meet a fault.

        :raises ValueError: for a fault the sandbox does not know, or counts that are no counts.
        """
        name, after, times = wanted.get("fault"), wanted.get("after_rows", 0), wanted.get("times", 1)
        if name not in INSTEAD | AFTER_ROWS:
            raise ValueError(f"unknown fault {name!r}")
        if type(after) is not int or type(times) is not int or after < 0 or not 0 < times <= 1000:
            raise ValueError("after_rows and times are counts")
        with self._lock:
            self._waiting.extend([Fault(str(name), after)] * times)

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._waiting.clear()

    def take(self) -> Fault | None:
        """Return the fault for this query, None to answer it well."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None
