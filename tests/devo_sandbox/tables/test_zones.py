"""Relative dates and written timestamps, by the clock of a zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from devo_sandbox.tables.window import Window, resolved
from devo_sandbox.tables.zones import _names, timestamp_text, zone_named
from devo_sandbox.wire_errors import WireError

# 2026-03-29 00:30 UTC, the night Madrid's clocks go from 2 to 3.
NOW = 1774744200000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("name", "offset_s"),
    [
        (None, 0),
        ("UTC", 0),
        ("GMT", 0),
        ("GMT+2", 7200),
        ("GMT-03:30", -12600),
        ("UTC+0530", 19800),
        ("Europe/Madrid", 3600),
        ("EST", -18000),
        ("Etc/GMT+2", -7200),
    ],
)
def test_names(name: str | None, offset_s: int) -> None:
    winter = datetime(2026, 1, 1, tzinfo=UTC).astimezone(zone_named(name))
    offset = winter.utcoffset()
    assert offset is not None
    assert offset.total_seconds() == offset_s


@pytest.mark.parametrize(
    "name", ["", "gmt+2", "GMT+", "GMT+99", "GMT+2:75", "+2", "localtime", "/etc/localtime", True, ["UTC"]]
)
def test_no_zones(name: Any) -> None:
    with pytest.raises(WireError) as raised:
        zone_named(name)
    assert raised.value.body["object"] == ["timeZone not valid"]


@pytest.mark.parametrize(
    ("zone", "start", "end", "wanted"),
    [
        ("UTC", "today", "now", ("2026-03-29T00:00+00:00", "2026-03-29T00:30+00:00")),
        ("Europe/Madrid", "today", "now", ("2026-03-29T00:00+01:00", "2026-03-29T00:30+00:00")),
        ("America/Lima", "today", "now", ("2026-03-28T00:00-05:00", "2026-03-29T00:30+00:00")),
        # a day of 23 hours
        ("Europe/Madrid", "today", "endday", ("2026-03-29T00:00+01:00", "2026-03-29T23:59:59+02:00")),
        ("GMT+2", "1ad", "1ad", ("2026-03-28T00:00+02:00", "2026-03-29T00:00+02:00")),
        ("Europe/Madrid", "today", "endmonth", ("2026-03-29T00:00+01:00", "2026-03-31T23:59:59+02:00")),
        ("GMT-12", "today", "endmonth", ("2026-03-28T00:00-12:00", "2026-03-31T23:59:59-12:00")),
        ("GMT+9", "2h", "30m", ("2026-03-28T22:30+00:00", "2026-03-28T23:00+00:00")),
        ("GMT+9", "3ah", "1s", ("2026-03-28T21:00+09:00", "2026-03-28T21:00:01+09:00")),
    ],
)
def test_relative_dates(zone: str, start: str, end: str, wanted: tuple[str, str]) -> None:
    assert resolved({"from": start, "to": end}, NOW, zone_named(zone)) == Window(*map(ms, wanted))


@pytest.mark.parametrize("unit", ["SECONDS", "MILLISECONDS"])
def test_numbers_do_not_depend_on_the_zone(unit: str) -> None:
    scale = 1000 if unit == "SECONDS" else 1
    window = resolved({"from": 10, "to": 20.5, "timeUnit": unit}, NOW, zone_named("GMT+5"))
    assert window == Window(10 * scale, round(20.5 * scale))


@pytest.mark.parametrize("end", ["endmonth", "1ad"])
def test_a_day_that_no_calendar_has(end: str) -> None:
    with pytest.raises(WireError) as raised:
        resolved({"from": 2**52, "to": end}, NOW)
    assert raised.value.body["object"] == ["407 : Date to not valid format"]


def test_the_window_is_half_open(api: Any) -> None:
    text = "from demo.ecommerce.data select uri"
    events = (1767225601123, 1767225720000)
    assert [
        row["uri"]
        for row in api.rows(text, **{"from": events[0], "to": events[1], "timeUnit": "MILLISECONDS"})
    ] == [
        "/category.screen?category_id=BEDROOM",
        "/product.screen?product_id=7",
    ]
    assert api.rows(text, **{"from": events[0], "to": events[0], "timeUnit": "MILLISECONDS"}) == []


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        (None, "2026-01-01 00:00:01.123"),
        ("GMT+2", "2026-01-01 02:00:01.123"),
        ("GMT-02:30", "2025-12-31 21:30:01.123"),
        ("Europe/Madrid", "2026-01-01 01:00:01.123"),
        ("America/New_York", "2025-12-31 19:00:01.123"),
    ],
)
@pytest.mark.parametrize("mode", ["csv", "tsv"])
def test_written_timestamps(api: Any, mode: str, zone: str | None, written: str) -> None:
    fields = {"mode": {"type": mode}, "timeZone": zone}
    text = "from demo.ecommerce.data select eventdate limit 1"
    assert api.query(text, **fields).text == f"eventdate\n{written}\n"
    number = api.query(text, mode={"type": "json"}, timeZone=zone).json()["object"]
    assert number == [{"eventdate": 1767225601123}]


def test_duckdb_knows_every_name() -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for moment in (1767225600000, 1782864000000):
        for name in _names():
            statement = f"SELECT {timestamp_text(str(moment), zone_named(name))}"
            clock = datetime.fromtimestamp(moment / 1000, ZoneInfo(name))
            shown = connection.execute(statement).fetchall()[0][0]
            assert shown == clock.strftime("%Y-%m-%d %H:%M:%S.000"), name
