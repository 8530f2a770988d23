"""Bounds what a client may upload, and asks who it is before the first byte is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from devo_sandbox import wire_errors
from devo_sandbox.auth import Credentials

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Devo's own bounds are not documented.
MOST = 1024 * 1024
MOST_EVENTS = 1024 * 1024 * 1024
MOST_IMAGE = 513 * 1024 * 1024
EVENTS_END = "/events"
IMAGE_END = "/images/upload"
# Events over HTTP bring their token in the path and have a bound of their own.
EVENT_PATHS = ("/event/", "/stream/")


class BodyLimit:
    """Refuses a body that is too large, or comes from nobody we know, while it is read."""

    def __init__(self, app: ASGIApp, credentials: Credentials) -> None:
        self.app = app
        self.credentials = credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(EVENT_PATHS):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        left = most = most_for(scope["path"])
        known = False

        async def bounded() -> Message:
            nonlocal left, known
            if not known:
                known = True
                self.credentials.check_caller(headers)
                if int(headers.get("content-length", "0")) > most:
                    raise wire_errors.too_large(most)
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise wire_errors.too_large(most)
            return message

        await self.app(scope, bounded, send)


def most_for(path: str) -> int:
    """Return how many bytes a request to ``path`` may have."""
    if path.startswith("/_sandbox/") and path.endswith(EVENTS_END):
        return MOST_EVENTS
    return MOST_IMAGE if path.endswith(IMAGE_END) else MOST
