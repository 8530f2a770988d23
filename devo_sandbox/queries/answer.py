"""One running query: reads DuckDB in a worker thread and yields the bytes of the answer as they come."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import duckdb

from devo_sandbox.clock import now_ms
from devo_sandbox.linq.to_duckdb import Plan
from devo_sandbox.queries.queries import Queries
from devo_sandbox.queries.wire_formats import Writer
from devo_sandbox.tables.tables import Table
from devo_sandbox.tables.window import Window

BLOCK = 2_000
FAILED = "Error Processing Query"
log = logging.getLogger(__name__)


class Reader:
    """Reads the rows of one statement, block by block, on a connection of its own.

    Only the time that DuckDB works counts against ``most_s``: a client may read slowly.
    """

    def __init__(self, queries: Queries, statement: str) -> None:
        self._cursor = queries.tables.cursor()
        self._statement = statement
        self._started = False
        self._most_s = queries.most_s
        self._worked_s = 0.0
        self._since: float | None = None

    def block(self) -> list[tuple[Any, ...]]:
        """Return the next rows, none at the end. Blocks, and is called by one thread at a time."""
        self._since = time.monotonic()
        try:
            if not self._started:
                self._started = True
                self._cursor.execute(self._statement)
            return self._cursor.fetchmany(BLOCK)
        finally:
            self._worked_s, self._since = self.worked_s, None

    @property
    def worked_s(self) -> float:
        """How long DuckDB has worked so far, in seconds."""
        since = self._since
        return self._worked_s + (time.monotonic() - since if since is not None else 0.0)

    def left_s(self) -> float:
        """Return for how many more seconds DuckDB may work.

        :raises duckdb.InterruptException: none are left.
        """
        if (left := self._most_s - self.worked_s) <= 0:
            raise duckdb.InterruptException(f"stopped after {self._most_s:g} s of work")
        return left

    def stop(self, running: Future[Any] | None) -> None:
        """Let go of the connection, once ``running``, if it still is, has noticed."""
        if running is None or running.done():
            self._cursor.close()
        else:
            self._cursor.interrupt()
            running.add_done_callback(lambda _: self._cursor.close())


@dataclass(slots=True)
class Answer:
    """A query ready to be read.

    :param limit: the most rows to send, None for all.
    :param offset: the rows to leave out first.
    """

    queries: Queries
    table_name: str
    plan: Plan
    writer: Writer
    window: Window
    limit: int | None
    offset: int
    _heard: float = 0.0

    def statement(self, table: Table, window: Window, arrived: range | None = None) -> str:
        """Return the SQL for a window; ``arrived`` narrows it to events by their number of arrival."""
        tests = [f"{table.eventdate} >= {int(window.start_ms)}"]
        if window.end_ms is not None:
            tests.append(f"{table.eventdate} < {int(window.end_ms)}")
        if arrived is not None:
            tests.append(f"q BETWEEN {arrived.start} AND {arrived.stop - 1}")
        source = f"SELECT *, rowid AS k FROM {table.sql_name} WHERE {' AND '.join(tests)}"  # noqa: S608 - our names
        limit = f"LIMIT {int(self.limit)}" if self.limit is not None else ""
        offset = f"OFFSET {int(self.offset)}" if self.offset else ""
        rows = self.plan.over(source)
        return f"SELECT {self.writer.selected()} FROM ({rows}) {limit} {offset}"  # noqa: S608 - literals are quoted

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the whole answer; a failure on the way becomes Devo's own last line."""
        if head := self.writer.head():
            yield head
        try:
            passes = self._follow() if self.window.is_open(now_ms()) else self._once(self.window)
            async for chunk in passes:
                yield chunk
        except duckdb.Error:
            log.exception("The query failed on the way")
            yield self.writer.failure(500, FAILED)
            return
        if tail := self.writer.tail():
            yield tail

    async def blocks(self) -> AsyncIterator[list[tuple[Any, ...]]]:
        """Yield the rows of a window that is over; a failure on the way is DuckDB's own."""
        table = self.queries.tables.get(self.table_name)
        if table is None:
            return
        async for block in self._blocks(self.statement(table, self.window)):
            if block:
                yield block

    async def _once(self, window: Window) -> AsyncIterator[bytes]:
        table = self.queries.tables.get(self.table_name)
        if table is None:
            return
        async for block in self._blocks(self.statement(table, window)):
            yield self.writer.rows(block) if block else self.writer.keep_alive

    def _follow(self) -> AsyncIterator[bytes]:
        if not self.plan.grouped:
            return self._follow_events()
        if self.window.end_ms is None and self.plan.period_ms:
            return self._follow_periods(self.plan.period_ms)
        return self._wait_for_end()

    async def _follow_events(self) -> AsyncIterator[bytes]:
        """Yield rows as their events arrive, until the window ends or the limit is reached."""
        left, skip, seen = self.limit, self.offset, 0
        self.limit, self.offset = None, 0
        while left is None or left > 0:
            over = not self.window.is_open(now_ms())
            table = self.queries.tables.get(self.table_name)
            if table is None:
                return
            arrived = range(seen, table.next_row)
            seen = table.next_row
            if arrived:
                async for block in self._blocks(self.statement(table, self.window, arrived)):
                    rows = block[skip:] if left is None else block[skip : skip + left]
                    skip = max(0, skip - len(block))
                    left = left if left is None else left - len(rows)
                    if rows or not block:
                        yield self.writer.rows(rows) if rows else self.writer.keep_alive
                    if left == 0:
                        return
            if over:
                return
            async for chunk in self._pause():
                yield chunk

    async def _follow_periods(self, period_ms: int) -> AsyncIterator[bytes]:
        """Yield each span of time once it is over."""
        done = self.window.start_ms
        while True:
            closed = now_ms() // period_ms * period_ms
            if closed > done:
                async for chunk in self._once(Window(done, closed)):
                    yield chunk
                done = closed
            async for chunk in self._pause():
                yield chunk

    async def _wait_for_end(self) -> AsyncIterator[bytes]:
        """Keep the client waiting until the window is over, for a group needs all of it."""
        while self.window.is_open(now_ms()):
            async for chunk in self._pause():
                yield chunk
        async for chunk in self._once(self.window):
            yield chunk

    async def _pause(self) -> AsyncIterator[bytes]:
        await asyncio.sleep(min(self.queries.poll_s, self.queries.keep_alive_s))
        now = asyncio.get_running_loop().time()
        if now - self._heard >= self.queries.keep_alive_s:
            self._heard = now
            yield self.writer.keep_alive

    async def _blocks(self, statement: str) -> AsyncIterator[list[tuple[Any, ...]]]:
        """Yield blocks of rows, and an empty one for each keep-alive that is due."""
        reader, heard_s = Reader(self.queries, statement), self.queries.keep_alive_s
        running: Future[list[tuple[Any, ...]]] | None = None
        waiting: asyncio.Future[list[tuple[Any, ...]]] | None = None
        try:
            while True:
                running = self.queries.workers.submit(reader.block)
                waiting = asyncio.wrap_future(running)
                # stopped in the middle of its rows, DuckDB notices late: nobody waits for that
                while not (await asyncio.wait({waiting}, timeout=min(heard_s, reader.left_s())))[0]:
                    yield []
                if not (block := waiting.result()):
                    return
                yield block
        finally:
            reader.stop(running)
            if waiting is not None:
                waiting.cancel()  # nobody asks any more how an interrupted reading ended
