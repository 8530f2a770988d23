"""Rows at the end of a window are dropped, whatever else is among the dates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.devo_api.window_end import within
from airflow_provider_devo_dga.devo_api.wire import Batch, Column, Value

WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC))
END = WINDOW.end_seconds * 1000
EVENTDATE = Column("eventdate", "timestamp")


@pytest.mark.parametrize(
    ("dates", "kept"),
    [
        ([END - 1, END - 2], [END - 1, END - 2]),
        ([END - 1, END, END + 1], [END - 1]),
        ([None, END, END - 1], [None, END - 1]),
        ([None], [None]),
        (["text", END], ["text"]),
        ([], []),
    ],
)
def test_the_end_is_excluded(dates: list[Value], kept: list[Value]) -> None:
    batch = Batch((Column("n", "int4"), EVENTDATE), [[0, date] for date in dates])
    assert within(batch, WINDOW).rows == [[0, date] for date in kept]


@pytest.mark.parametrize("column", [Column("eventdate", "str"), Column("other", "timestamp")])
def test_other_columns_are_no_event_dates(column: Column) -> None:
    assert within(Batch((column,), [[END]]), WINDOW).rows == [[END]]
