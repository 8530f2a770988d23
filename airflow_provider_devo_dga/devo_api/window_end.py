"""Rows at the very end of a window: whether Devo includes it is not documented, here it is excluded."""

from __future__ import annotations

from contextlib import suppress
from operator import itemgetter

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.devo_api.wire import Batch, Column

_EVENTDATE = Column("eventdate", "timestamp")


def within(batch: Batch, window: Window) -> Batch:
    """Drop rows whose ``eventdate`` is the window's end or later; rows without that column stay."""
    if _EVENTDATE not in batch.columns:
        return batch
    index = batch.columns.index(_EVENTDATE)
    end = window.end_seconds * 1000
    with suppress(TypeError):  # a null among them
        if max(map(itemgetter(index), batch.rows), default=end - 1) < end:
            return batch
    return Batch(batch.columns, [row for row in batch.rows if not _reaches(row[index], end)])


def _reaches(value: object, end: int) -> bool:
    return isinstance(value, int) and value >= end
