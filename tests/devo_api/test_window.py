from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pendulum
import pytest

from airflow_provider_devo_dga.devo_api.window import Window, within
from airflow_provider_devo_dga.devo_api.wire import Batch, Column, Value
from airflow_provider_devo_dga.errors import DevoWindowError

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 1, 1, tzinfo=UTC)
END_MS = int(END.timestamp()) * 1000
EVENTDATE = Column("eventdate", "timestamp")


def test_it_becomes_epoch_seconds() -> None:
    window = Window(START, END)
    assert (window.start_seconds, window.end_seconds) == (1767225600, 1767229200)


def test_zones_are_respected_across_a_clock_change() -> None:
    zone = "Europe/Madrid"
    window = Window(pendulum.datetime(2026, 10, 25, 0, tz=zone), pendulum.datetime(2026, 10, 25, 4, tz=zone))
    assert window.end_seconds - window.start_seconds == 5 * 3600


def test_texts_as_templates_render_them() -> None:
    window = Window.parse("2026-01-01T02:00:00+02:00", "2026-01-01 01:00:00+00:00")
    assert (window.start, window.end) == (START, END)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (datetime(2026, 1, 1), END, "naive"),  # noqa: DTZ001 - the point of the test
        (END, START, "ends before it starts"),
        (START, START, "has no length"),
        (START + timedelta(microseconds=1), END, r"\.replace\(microsecond=0\)"),
        ("now()-1*hour()", END, "ISO 8601"),
        ("__import__('os').getpid()", END, "ISO 8601"),
        ("2026-01-01", END, r"write 2026-01-01T00:00:00\+00:00"),
        ("2026-01-01 00:00:00", END, r"write 2026-01-01 00:00:00\+00:00"),
        (1767225600, END, "ISO 8601"),
        (None, END, "ISO 8601"),
    ],
)
def test_what_is_no_window_is_refused(start: object, end: object, message: str) -> None:
    with pytest.raises(DevoWindowError, match=message):
        Window.parse(start, end)  # type: ignore[arg-type]


def test_it_is_over_when_its_end_has_passed() -> None:
    assert Window(START, END).is_over(now=END)
    assert not Window(START, END).is_over(now=END - timedelta(seconds=1))


def test_lateness_is_waited_for() -> None:
    late = timedelta(minutes=5)
    assert Window(START, END).is_over(late, now=END + late)
    assert not Window(START, END).is_over(late, now=END + late - timedelta(seconds=1))
    assert Window(START, END).remaining(late, now=END) == late
    with pytest.raises(DevoWindowError, match="negative"):
        Window(START, END).is_over(-late)


def test_its_slug_sorts_by_time_whatever_the_zone() -> None:
    east = timezone(timedelta(hours=5))
    assert Window(START.astimezone(east), END.astimezone(east)).slug == "20260101T000000Z_3600s"


@pytest.mark.parametrize(
    ("dates", "kept"),
    [
        ([END_MS - 1, END_MS - 2], [END_MS - 1, END_MS - 2]),
        ([END_MS - 1, END_MS, END_MS + 1], [END_MS - 1]),
        ([None, END_MS, END_MS - 1], [None, END_MS - 1]),
        ([None], [None]),
        (["text", END_MS], ["text"]),
        ([], []),
    ],
)
def test_the_end_is_excluded(dates: list[Value], kept: list[Value]) -> None:
    batch = Batch((Column("n", "int4"), EVENTDATE), [[0, date] for date in dates])
    assert within(batch, Window(START, END)).rows == [[0, date] for date in kept]


@pytest.mark.parametrize("column", [Column("eventdate", "str"), Column("other", "timestamp")])
def test_other_columns_are_no_event_dates(column: Column) -> None:
    assert within(Batch((column,), [[END_MS]]), Window(START, END)).rows == [[END_MS]]
