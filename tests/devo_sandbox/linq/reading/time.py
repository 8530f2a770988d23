"""A plain reading of the operations on moments: epoch milliseconds, clocks in UTC or a named zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

READINGS: list[tuple[str, str, Callable[..., Any]]] = []
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
INDIA = ZoneInfo("Asia/Kolkata")
LARGEST = 2**53


def clock(m: int, zone: tzinfo = UTC) -> datetime:
    return (EPOCH + timedelta(milliseconds=m)).astimezone(zone)


def millis(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def shown(m: int) -> str:
    return clock(m).isoformat(" ", "milliseconds").removesuffix("+00:00")


def start(m: int, length: int) -> int:
    return m // length * length


def parsed(text: str, form: str, length: int, zone: tzinfo = UTC) -> int | None:
    if len(text) != length or not text.isascii() or any(blank in text.split(" ", 1)[0] for blank in "\t\n"):
        return None
    try:
        return millis(datetime.strptime(text, form).replace(tzinfo=zone))
    except ValueError:
        return None


def of_text(d: str) -> int | None:
    for form, length in (("%Y-%m-%d", 10), ("%Y-%m-%d %H:%M:%S", 19), ("%Y-%m-%d %H:%M:%S.%f", 23)):
        if (found := parsed(d, form, length)) is not None:
            return found
    return None


def slashes(m: int) -> str:
    c = clock(m)
    return f"{c.day:02}/{c.month:02}/{c.year:04} at {c.hour:02}h{c.minute:02}:{c.second:02}.{m % 1000:03}"


READINGS += [
    ("second", "second(m)", lambda m: clock(m).second),
    ("minute", "minute(m)", lambda m: clock(m).minute),
    ("hour", "hour(m)", lambda m: clock(m).hour),
    ("hour", 'hour(m, "America/New_York")', lambda m: clock(m, ZONE).hour),
    ("day", "day(m)", lambda m: clock(m).day - 1),
    ("day", 'day(m, "America/New_York")', lambda m: clock(m, ZONE).day - 1),
    ("dayofweek", "dayofweek(m)", lambda m: clock(m).isoweekday() % 7),
    ("month", "month(m)", lambda m: clock(m).month - 1),
    ("year", "year(m)", lambda m: clock(m).year),
    ("epoch", "epoch(m)", lambda m: m),
    ("timestamp", "timestamp(i)", lambda i: i if abs(i) <= LARGEST else None),
    ("timestamp", "timestamp(m)", lambda m: m),
    ("timestamp", "timestamp(d)", of_text),
    ("period", "period(m, 5m)", lambda m: start(m, 300_000)),
    ("period", "period(timestamp(w), 7s)", lambda w: start(w, 7_000)),
    ("str", "str(m)", shown),
    ("+", "m + 1d", lambda m: m + 86_400_000),
    ("-", "m - 90s", lambda m: m - 90_000),
    ("-", "epoch(m) - epoch(eventdate)", lambda m, eventdate: m - eventdate),
    ("formatdate", "formatdate(m, \"dd/MM/yyyy 'at' HH'h'mm:ss.SSS\")", slashes),
    ("formatdate", 'formatdate(m, "HH", "America/New_York")', lambda m: f"{clock(m, ZONE).hour:02}"),
    ("parsedate", 'parsedate(d, "yyyy-MM-dd HH:mm:ss")', lambda d: parsed(d, "%Y-%m-%d %H:%M:%S", 19)),
    ("parsedate", 'parsedate(d, "yyyy-MM-dd")', lambda d: parsed(d, "%Y-%m-%d", 10)),
    (
        "parsedate",
        'parsedate(d, "yyyy-MM-dd", "Asia/Kolkata")',
        lambda d: parsed(d, "%Y-%m-%d", 10, INDIA),
    ),
]
