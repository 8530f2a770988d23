"""An answer that breaks after some rows. Only for the formats with one row a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devo_sandbox.faults import connection, spoilt_row
from devo_sandbox.faults.faults import Fault
from devo_sandbox.faults.overheard import Overheard
from devo_sandbox.request_log import entry_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

# The length of these bodies is told by the end of the connection, so a cut looks like an end.
WITHOUT_LENGTH = frozenset({"cut_row", "cut_mid_row"})
SPOILT_ROWS = {
    "short_row": spoilt_row.shorter,
    "long_row": spoilt_row.longer,
    "bad_utf8": spoilt_row.no_text,
}
SPOILT_NAMES = {"error_column": spoilt_row.error_column, "dup_col": spoilt_row.name_twice}


class BrokenLines:
    """Sends the rows before the fault, then the fault, then the rest if there is one."""

    def __init__(self, fault: Fault, answer: Overheard, scope: Scope, receive: Receive, send: Send) -> None:
        self.fault = fault
        self.name = fault.kind.name
        self.answer = answer
        self.scope = scope
        self.receive = receive
        self._send = send
        self._first: bytes | None = None

    async def send(self) -> None:
        """Send the answer."""
        await self._start()
        place, over = 0, False
        async for line in self.answer.lines():
            if self._first is None:
                self._first = line
            if place == self._lines_before():
                over = await self._strike(line)
            elif self.name == "slow_drip":
                over = await self._drip(line)
            else:
                await self._put(SPOILT_NAMES[self.name](line) if self.name in SPOILT_NAMES else line)
            if over:
                return
            place += 1
        if place <= self._lines_before() and await self._strike(b""):
            return
        await self._end()

    def _lines_before(self) -> int:
        return self.fault.after_rows + (1 if self._first is not None and self._has_head(self._first) else 0)

    def _has_head(self, first: bytes) -> bool:
        return first.startswith(b'{"m":') or "json" not in self.answer.media_type

    async def _strike(self, line: bytes) -> bool:
        """Send the fault, with the line it falls on if that survives; tell whether all is over."""
        match self.name:
            case "e_mid" | "e_mid_escaped":
                await self._put(self._error())
                await self._end()
                return True
            case "cut_row" | "cut_chunked" | "cut_mid_row":
                if self.name == "cut_mid_row":
                    await self._put(line[: len(line) // 2])
                await connection.hang_up(self.scope, self.receive)
                return True
            case "reframed":
                await self._end()
                return True
            case "reset_mid":
                # the client reads what came; a reset discards the rest
                if not await connection.left_within(self.receive, self.fault.delay_s):
                    await connection.reset(self.scope, self.receive)
                return True
            case "keepalive_forever":
                while not await connection.left_within(self.receive, self.fault.delay_s):
                    await self._put(b" ")
                return True
            case "stall":
                if await connection.left_within(self.receive, self.fault.delay_s):
                    return True
                await self._put(line)
            case "slow_drip":
                return await self._drip(line)
            case name:
                spoil = SPOILT_ROWS.get(name) or SPOILT_NAMES[name]
                await self._put(spoil(line) if line else line)
        return False

    def _error(self) -> bytes:
        if self.name == "e_mid_escaped":
            return b'{"e": [500, "bo\\"om"]}\r\n'
        if "json" not in self.answer.media_type:
            comma = b"\t" if "tab" in self.answer.media_type else b","
            return comma.join((b"devo.api.error", b"500", b"boom")) + b"\n"
        if self._first is None or self._has_head(self._first):
            return b'{"e":[500,"boom"]}\r\n'
        return b'["error",500,"boom"]\r\n'

    async def _drip(self, line: bytes) -> bool:
        middle = len(line) // 2
        for part in (line[:middle], line[middle:]):
            if await connection.left_within(self.receive, self.fault.delay_s):
                return True
            await self._put(part)
        return False

    async def _start(self) -> None:
        entry_of(self.scope).status = self.answer.status
        if self.name in WITHOUT_LENGTH:
            told = {"content-type": self.answer.media_type}
            connection.transport_of(self.scope).write(connection.head(told))
            return
        headers = self.answer.headers_without_length
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _put(self, part: bytes) -> None:
        if not part:
            return
        if self.name in WITHOUT_LENGTH:
            connection.transport_of(self.scope).write(part)
        else:
            await self._send({"type": "http.response.body", "body": part, "more_body": True})

    async def _end(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
