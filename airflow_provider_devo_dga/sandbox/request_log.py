"""The last requests as they came, without their secrets, so that a test can assert what was sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

KEPT = 1000
# Of a longer body only the size is kept.
LONGEST_BODY = 65_536
SECRET = frozenset({"authorization", "standalonetoken", "x-logtrust-sign", "x-logtrust-apikey", "cookie"})


@dataclass(slots=True)
class Entry:
    """One request, whose body may still be arriving."""

    method: str
    path: str
    headers: dict[str, str]
    size: int = 0
    body: bytearray = field(default_factory=bytearray)

    def hear(self, part: bytes) -> None:
        """Take in a part of the body."""
        self.size += len(part)
        if self.size <= LONGEST_BODY:
            self.body.extend(part)

    def shown(self) -> dict[str, Any]:
        """Return the request as the log tells it."""
        text = self.body.decode(errors="replace") if self.size <= LONGEST_BODY else f"({self.size} bytes)"
        return {"method": self.method, "path": self.path, "headers": self.headers, "body": text}


class RequestLog:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self._requests: deque[Entry] = deque(maxlen=KEPT)

    def add(self, method: str, path: str, headers: Iterable[tuple[bytes, bytes]]) -> Entry:
        """Keep a request and return its entry, which will hear the body."""
        kept = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        entry = Entry(method, path, {name: _without_secret(name, value) for name, value in kept.items()})
        self._requests.append(entry)
        return entry

    def all(self) -> list[dict[str, Any]]:
        """Return the requests, oldest first."""
        return [entry.shown() for entry in self._requests]


def _without_secret(name: str, value: str) -> str:
    if name.lower() not in SECRET:
        return value
    scheme, separator, _ = value.partition(" ")
    return f"{scheme} ***" if separator else "***"
