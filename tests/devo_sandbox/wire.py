"""A client that only watches: what arrives on a socket, when, and how it ends."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass
class Seen:
    """What came after a request.

    :param parts: the bytes as they came, each with the seconds since the request.
    """

    parts: list[tuple[float, bytes]] = field(default_factory=list)
    end: Literal["closed", "reset", "open"] = "open"

    @property
    def content(self) -> bytes:
        return b"".join(part for _, part in self.parts)

    @property
    def status(self) -> int:
        return int(self.content.split(b" ", 2)[1])

    @property
    def head(self) -> dict[str, str]:
        lines = self.content.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def sent(self) -> bytes:
        """The body as it lies on the wire."""
        return self.content.partition(b"\r\n\r\n")[2]

    @property
    def chunked(self) -> bool:
        return self.head.get("transfer-encoding") == "chunked"

    @property
    def body(self) -> bytes:
        """The body without the sizes of its chunks."""
        if not self.chunked:
            return self.sent
        rest, body = self.sent, b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            body += rest[: int(size, 16)]
            rest = rest[int(size, 16) + 2 :]
        return body

    @property
    def whole(self) -> bool:
        """Whether the body is as long as was told."""
        if self.chunked:
            return self.sent.endswith(b"0\r\n\r\n")
        return len(self.sent) == int(self.head["content-length"])

    @property
    def lines(self) -> list[bytes]:
        return self.body.split(b"\r\n")


def watch(
    port: int,
    method: str,
    path: str,
    token: str,
    body: Any = None,
    *,
    seconds: float = 5,
    content: bytes = b"",
) -> Seen:
    """Send one request and watch what comes, for so many seconds at most."""
    content = content or (b"" if body is None else json.dumps(body).encode())
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Connection: close\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    seen, started = Seen(), time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as line:
        line.sendall(head.encode() + content)
        while (left := started + seconds - time.monotonic()) > 0:
            line.settimeout(left)
            try:
                part = line.recv(65536)
            except ConnectionResetError:
                seen.end = "reset"
                break
            except TimeoutError:
                break
            if not part:
                seen.end = "closed"
                break
            seen.parts.append((time.monotonic() - started, part))
    return seen
