"""The true answer of the application, heard message by message so that it can be spoilt."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope

Messages = asyncio.Queue[MutableMapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Overheard:
    """An answer that has begun."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: AsyncIterator[bytes]

    @property
    def media_type(self) -> str:
        """Return the type of the content."""
        return dict(self.headers).get(b"content-type", b"application/octet-stream").decode("latin-1")

    @property
    def is_binary(self) -> bool:
        """Whether the content has no text that could be spoilt."""
        return not self.media_type.startswith(("application/json", "text/"))

    @property
    def headers_without_length(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that hold whatever the body becomes."""
        return [(name, value) for name, value in self.headers if name.lower() != b"content-length"]

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield the body line by line, the ends of lines included."""
        rest = b""
        async for part in self.body:
            *whole, rest = (rest + part).split(b"\n")
            for line in whole:
                yield line + b"\n"
        if rest:
            yield rest

    async def content(self) -> bytes:
        """Return the whole body."""
        return b"".join([part async for part in self.body])


@contextlib.asynccontextmanager
async def overheard(app: ASGIApp, scope: Scope, receive: Receive) -> AsyncIterator[Overheard]:
    """Let the application answer; stop it at the end of the ``with``."""
    messages: Messages = asyncio.Queue(maxsize=2)

    async def run() -> None:
        # The application has logged its failure.
        with contextlib.suppress(Exception):
            await app(scope, receive, messages.put)
        await messages.put(None)

    running = asyncio.create_task(run())
    try:
        start = await messages.get() or {"status": 500, "headers": []}
        yield Overheard(start["status"], [*start["headers"]], _body(messages))
    finally:
        running.cancel()
        await asyncio.wait({running})


async def _body(messages: Messages) -> AsyncIterator[bytes]:
    while (message := await messages.get()) is not None:
        if body := message.get("body", b""):
            yield body
