"""The span of time a query asks for: half-open, in epoch milliseconds."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow_provider_devo_dga.sandbox import wire_errors

UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
RELATIVE = re.compile(r"([0-9]{1,6})(a?)([dhms])")
DAY_MS = UNITS_MS["d"]


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start_ms`` up to, not with, ``end_ms``; None is a query that never ends."""

    start_ms: int
    end_ms: int | None

    def is_open(self, now_ms: int) -> bool:
        """Tell whether events may still arrive in it."""
        return self.end_ms is None or self.end_ms > now_ms


def resolved(body: dict[str, Any], now_ms: int) -> Window:
    """Return the window of a request.

    :raises WireError: Devo's bad parameters, for a date that is missing, unreadable or reversed.
    """
    if body.get("from") is None:
        raise wire_errors.bad_parameters("405 : Date from is required")
    scale = 1 if body.get("timeUnit") == "MILLISECONDS" else 1000
    start = _moment(body["from"], now_ms, now_ms, -1, scale)
    if start is None:
        raise wire_errors.bad_parameters("406 : Date from not valid format")
    if body.get("to") is None:
        return Window(start, None)
    end = _moment(body["to"], now_ms, start, 1, scale)
    if end is None:
        raise wire_errors.bad_parameters("407 : Date to not valid format")
    if start > end:
        raise wire_errors.bad_parameters("408 : Date from is after date to")
    return Window(start, end)


def _moment(value: Any, now_ms: int, origin_ms: int, sign: int, scale: int) -> int | None:
    """Return a date as epoch milliseconds, counting relative ones from ``origin_ms``; None if unreadable."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return round(value * scale) if 0 <= value < 2**53 else None
    if not isinstance(value, str):
        return None
    if found := RELATIVE.fullmatch(value):
        count, truncated, unit = found.groups()
        start = origin_ms - origin_ms % DAY_MS if truncated else origin_ms
        return start + sign * int(count) * UNITS_MS[unit]
    midnight = origin_ms - origin_ms % DAY_MS
    words = {"now": now_ms, "today": now_ms - now_ms % DAY_MS, "endday": midnight + DAY_MS - 1000}
    return _month_end(origin_ms) if value == "endmonth" else words.get(value)


def _month_end(moment_ms: int) -> int:
    day = datetime.fromtimestamp(moment_ms / 1000, UTC)
    last = day.replace(
        day=calendar.monthrange(day.year, day.month)[1], hour=23, minute=59, second=59, microsecond=0
    )
    return int(last.timestamp()) * 1000
