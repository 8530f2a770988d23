"""What the destination ``donothing`` makes of an answer: a count, and the date of the newest event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from devo_sandbox.linq import types
from devo_sandbox.linq.to_duckdb import EVENTDATE, Column, Plan
from devo_sandbox.queries.wire_formats import JsonSimpleCompact, Rows


def columns(plan: Plan, eventdate: str) -> tuple[Column, ...]:
    """Return the columns of the answer, with the date of the event when they could have it."""
    if plan.grouped or any(column.id == eventdate for column in plan.columns):
        return plan.columns
    return (*plan.columns, Column(EVENTDATE, types.TIMESTAMP, eventdate))


class Counted(JsonSimpleCompact):
    """Makes every row, as it would be sent, and counts it."""

    def __init__(self, columns: Sequence[Column], **settings: Any) -> None:
        super().__init__(columns, **settings)
        self.count = 0
        self.last_ms = 0
        self.failed: str | None = None

    def selected(self) -> str:
        dates = [c.id for c in self.columns if (c.name, c.type) == (EVENTDATE, types.TIMESTAMP)]
        return f"{super().selected()}, {dates[0] if dates else 'NULL'}"

    def rows(self, rows: Rows) -> bytes:
        self.count += len(rows)
        self.last_ms = max(self.last_ms, max((row[1] or 0 for row in rows), default=0))
        return b""

    def failure(self, code: int, text: str) -> bytes:
        self.failed = text
        return super().failure(code, text)
