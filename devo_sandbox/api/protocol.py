"""How a connection is read: its requests have a largest head, and the application may cut it."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from devo_sandbox.faults.connection import TRANSPORT

# The first line and the headers. The parser itself would take any number of bytes.
MOST_HEAD = 64 * 1024


class Protocol(HttpToolsProtocol):
    """Refuses an endless head; lends the connection to the application, for the faults that cut it."""

    def __init__(self, *settings: Any, **named: Any) -> None:
        super().__init__(*settings, **named)
        self._in_head = True
        self._head = 0
        self._arrived = 0

    def data_received(self, data: bytes) -> None:
        """Read what arrived, then look how much of it is a head without an end."""
        self._arrived = len(data)
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > MOST_HEAD and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large")

    def on_headers_complete(self) -> None:
        """Hand the request on with its connection."""
        self._in_head = False
        extensions: dict[str, dict[object, object]] = {TRANSPORT: {"transport": self.transport}}
        self.scope["extensions"] = extensions
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for the next head; what ended this request is none of it."""
        self._in_head = True
        self._head = -self._arrived
        super().on_message_complete()
