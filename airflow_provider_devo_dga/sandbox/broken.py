"""Answers that go wrong on purpose, each as a fault of the wire would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from airflow_provider_devo_dga.sandbox import wire_errors
from airflow_provider_devo_dga.sandbox.answer import Answer
from airflow_provider_devo_dga.sandbox.faults import Fault

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

TRANSPORT = "sandbox.transport"
PAGE = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
# The length of the body is told by the end of the connection, so a cut looks like an end.
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"


def instead(fault: Fault) -> Response | None:
    """Return what is sent instead of an answer, None for a fault that strikes within one."""
    match fault.name:
        case "auth":
            error = wire_errors.invalid_token()
            return JSONResponse(error.stamped(), error.status)
        case "http_503":
            return JSONResponse({"error": "Service Unavailable", "status": 503}, 503)
        case "html_502":
            return Response(PAGE, 502, media_type="text/html")
        case "html_200":
            return Response(PAGE, 200, media_type="text/html")
        case "launch_200":
            return JSONResponse(wire_errors.unknown_table("t").stamped(), 200)
        case "empty_200":
            return Response(b"", 200, media_type="application/json")
        case "e_first":
            return Response(b'{"e":[500,"Error Launching Query"]}\r\n', 200, media_type="application/json")
        case _:
            return None


class BrokenResponse(Response):
    """An answer that breaks after some rows. Only for the formats with one row a line."""

    def __init__(self, answer: Answer, fault: Fault) -> None:
        super().__init__(media_type=answer.writer.media_type)
        self.answer = answer
        self.fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the rows before the fault, then the fault."""
        if self.fault.name in {"cut_row", "cut_mid_row"}:
            await self._close_delimited(scope, receive)
        else:
            await self._chunked(scope, receive, send)

    async def _close_delimited(self, scope: Scope, receive: Receive) -> None:
        transport = scope["extensions"][TRANSPORT]["transport"]
        transport.write(HEAD)
        place = 0
        async for line in self._lines():
            if place == self._lines_before():
                if self.fault.name == "cut_mid_row":
                    transport.write(line[: len(line) // 2])
                break
            transport.write(line)
            place += 1
        await _hang_up(transport, receive)

    async def _chunked(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", self.answer.writer.media_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        place = 0
        async for line in self._lines():
            sent = line
            if place == self._lines_before():
                if self.fault.name != "short_row":
                    await self._strike(scope, receive, send)
                    return
                sent = _shortened(line)
            await send({"type": "http.response.body", "body": sent, "more_body": True})
            place += 1
        await self._strike(scope, receive, send)

    async def _strike(self, scope: Scope, receive: Receive, send: Send) -> None:
        last = b""
        match self.fault.name:
            case "e_mid":
                last = self.answer.writer.failure(500, "boom")
            case "e_mid_escaped":
                last = b'{"e": [500, "bo\\"om"]}\r\n'
            case "cut_chunked":
                await _hang_up(scope["extensions"][TRANSPORT]["transport"], receive)
                return
            case "stall":
                await _gone(receive)
                return
        await send({"type": "http.response.body", "body": last, "more_body": False})

    def _lines_before(self) -> int:
        return self.fault.after_rows + (1 if self.answer.writer.head() else 0)

    async def _lines(self) -> AsyncIterator[bytes]:
        async for chunk in self.answer.stream():
            for line in chunk.splitlines(keepends=True):
                yield line


def _shortened(line: bytes) -> bytes:
    row = json.loads(line)
    return json.dumps({"d": row["d"][:-1]}, separators=(",", ":")).encode() + b"\r\n"


async def _hang_up(transport: asyncio.Transport, receive: Receive) -> None:
    transport.close()
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
