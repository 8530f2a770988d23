"""The last requests as they came, without their secrets, so that a test can assert what was sent."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import Scope

KEPT = 1000
# Of a longer body only the size is kept.
# The longest query of ours has some 76 kB.
LONGEST_BODY = 131_072
ENTRY = "sandbox.entry"
TOKEN_IN_PATH = re.compile(r"/token![^/]*")
SECRET = frozenset({"authorization", "standalonetoken", "x-logtrust-sign", "x-logtrust-apikey", "cookie"})


@dataclass(slots=True)
class Entry:
    """One request, whose body may still be arriving.

    :param status: what it was answered, None when it was not.
    :param fault: the fault it met.
    """

    method: str
    path: str
    headers: dict[str, str]
    query: str = ""
    status: int | None = None
    fault: str | None = None
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
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": self.headers,
            "body": text,
            "status": self.status,
            "fault": self.fault,
        }


class RequestLog:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self._requests: deque[Entry] = deque(maxlen=KEPT)

    def add(
        self, method: str, path: str, headers: Iterable[tuple[bytes, bytes]], query: bytes = b""
    ) -> Entry:
        """Keep a request and return its entry, which will hear the body."""
        kept = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        entry = Entry(
            method,
            TOKEN_IN_PATH.sub("/token!***", path),
            {name: _without_secret(name, value) for name, value in kept.items()},
            query[:LONGEST_BODY].decode("latin-1"),
        )
        self._requests.append(entry)
        return entry

    def clear(self) -> None:
        """Forget all of them."""
        self._requests.clear()

    def all(self) -> list[dict[str, Any]]:
        """Return the requests, oldest first."""
        return [entry.shown() for entry in [*self._requests]]


def entry_of(scope: Scope) -> Entry:
    """Return the entry of the request that is being answered."""
    entry: Entry = scope["extensions"][ENTRY]["entry"]
    return entry


def _without_secret(name: str, value: str) -> str:
    if name.lower() not in SECRET:
        return value
    scheme, separator, _ = value.partition(" ")
    return f"{scheme} ***" if separator else "***"
