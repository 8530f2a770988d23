"""Faults to be shown on purpose, so that a client can be tried against them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devo_sandbox.faults.fault_kinds import KINDS, Kind

FIELDS = ("fault", "match", "method", "times", "after_rows", "delay_s")
MOST_TIMES = 1000
LONGEST_DELAY_S = 3600


@dataclass(slots=True)
class Fault:
    """A fault that waits for its requests.

    :param match: the beginning of their path; with ``$`` at its end, the whole path.
    :param times: how many requests it will still strike.
    """

    kind: Kind
    match: str
    method: str | None
    times: int
    after_rows: int
    delay_s: float | None

    def strikes(self, method: str, path: str, query: str) -> bool:
        """Tell whether a request is one that it waits for."""
        whole = self.match.endswith("$")
        here = path == self.match[:-1] if whole else path.startswith(self.match)
        return here and self.method in {None, method} and self.kind.query in query.lower()

    def shown(self) -> dict[str, Any]:
        """Return it as it was asked for."""
        return {"fault": self.kind.name, **{field: getattr(self, field) for field in FIELDS[1:]}}


class Faults:
    """The faults that the next requests will meet, in order."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, wanted: Mapping[str, Any]) -> None:
        """Let the next matching requests meet a fault.

        :raises ValueError: for a fault or field the sandbox does not know, or values out of range.
        """
        fault = _planned(wanted)
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """Return those that wait, the next first."""
        with self._lock:
            return [fault.shown() for fault in self._waiting]

    def take(self, method: str, path: str, query: str = "") -> Fault | None:
        """Return the fault for this request, None to answer it well."""
        with self._lock:
            for fault in self._waiting:
                if fault.strikes(method, path, query):
                    fault.times -= 1
                    if fault.times == 0:
                        self._waiting.remove(fault)
                    return fault
            return None


def _planned(wanted: Mapping[str, Any]) -> Fault:
    if unknown := sorted(wanted.keys() - set(FIELDS)):
        raise ValueError(f"unknown field {unknown[0]!r}; known: {', '.join(FIELDS)}")
    kind = KINDS.get(str(wanted.get("fault")))
    if kind is None:
        raise ValueError(f"unknown fault {wanted.get('fault')!r}; known: {', '.join(KINDS)}")
    match, method = wanted.get("match", kind.match), wanted.get("method", kind.method)
    if not isinstance(match, str) or not match.startswith("/"):
        raise ValueError("match is the beginning of a path")
    if method is not None and not isinstance(method, str):
        raise ValueError("method is a text")
    return Fault(
        kind,
        match,
        method.upper() if method else None,
        _count(wanted, "times", 1, 1, MOST_TIMES),
        _count(wanted, "after_rows", 0, 0, 2**31),
        _seconds(wanted.get("delay_s", kind.delay_s)),
    )


def _count(wanted: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    count = wanted.get(name, default)
    if type(count) is not int or not least <= count <= most:
        raise ValueError(f"{name} is a count from {least} to {most}")
    return count


def _seconds(delay: Any) -> float | None:
    if delay is None:
        return None
    if type(delay) not in {int, float} or not 0 <= delay <= LONGEST_DELAY_S:
        raise ValueError(f"delay_s is a number from 0 to {LONGEST_DELAY_S}")
    return float(delay)
