"""The answer of a format that is sent only once all of it is there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb
from starlette.responses import JSONResponse, Response, StreamingResponse

from devo_sandbox import wire_errors
from devo_sandbox.queries.answer import FAILED, Answer
from devo_sandbox.queries.wire_whole import Whole
from devo_sandbox.wire_errors import WireError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

log = logging.getLogger(__name__)


class WholeResponse(Response):
    """Collects the rows, then sends them; or a refusal, if the query fails on the way."""

    def __init__(self, answer: Answer, writer: Whole) -> None:
        super().__init__(media_type=writer.media_type)
        self.answer = answer
        self.writer = writer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, unless the client leaves before it is there."""
        collecting = asyncio.ensure_future(self._collected())
        leaving = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({collecting, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if collecting.done():
                await collecting.result()(scope, receive, send)
        finally:
            for task in (collecting, leaving):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            self.writer.close()

    async def _collected(self) -> Response:
        try:
            async for block in self.answer.blocks():
                await asyncio.to_thread(self.writer.add, block)
            content = self.writer.content()
            first = await asyncio.to_thread(next, content)
        except WireError as refused:
            return JSONResponse(refused.stamped(), refused.status)
        except duckdb.Error:
            log.exception("The query failed on the way")
            failed = wire_errors.processing_failed(FAILED)
            return JSONResponse(failed.stamped(), failed.status)
        return StreamingResponse(_pieces(first, content), media_type=self.writer.media_type)


def _pieces(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
