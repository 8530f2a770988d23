"""The connection below an answer: written to without HTTP's help, closed or reset."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

TRANSPORT = "sandbox.transport"
# Closing then discards what is unsent and resets the connection.
AT_ONCE = struct.pack("ii", 1, 0)


def transport_of(scope: Scope) -> asyncio.Transport:
    """Return the transport that the server lent."""
    transport: asyncio.Transport = scope["extensions"][TRANSPORT]["transport"]
    return transport


def head(headers: dict[str, str]) -> bytes:
    """Return the head of a 200 that is the last answer on its connection."""
    lines = [f"{name}: {value}" for name, value in {**headers, "connection": "close"}.items()]
    return ("HTTP/1.1 200 OK\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Send what is written, then close."""
    transport_of(scope).close()
    await gone(receive)


async def reset(scope: Scope, receive: Receive) -> None:
    """Close without a farewell: the client's kernel is told RST."""
    transport = transport_of(scope)
    # A copy of the number serves to set the option: the loop does not lend the socket itself.
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    transport.abort()
    await gone(receive)


async def gone(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def left_within(receive: Receive, seconds: float | None) -> bool:
    """Wait; tell whether the client left meanwhile. None waits until it does."""
    try:
        async with asyncio.timeout(seconds):
            await gone(receive)
    except TimeoutError:
        return False
    return True


async def drain(receive: Receive) -> None:
    """Read the body, since closing with bytes unread would reset the connection."""
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return
