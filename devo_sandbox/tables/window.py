"""The span of time a query asks for: half-open, in epoch milliseconds."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from typing import Any

from devo_sandbox import wire_errors
from devo_sandbox.tables.zones import local, midnight_ms, milliseconds

UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
RELATIVE = re.compile(r"([0-9]{1,6})(a?)([dhms])")
SCALES = {None: 1000, "SECONDS": 1000, "MILLISECONDS": 1}


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start_ms`` up to, not with, ``end_ms``; None is a query that never ends."""

    start_ms: int
    end_ms: int | None

    def is_open(self, now_ms: int) -> bool:
        """Tell whether events may still arrive in it."""
        return self.end_ms is None or self.end_ms > now_ms


def resolved(body: dict[str, Any], now_ms: int, zone: tzinfo = UTC) -> Window:
    """Return the window of a request, its relative dates by the clock of ``zone``.

    :raises WireError: Devo's bad parameters, for a date that is missing, unreadable or reversed.
    """
    if body.get("from") is None:
        raise wire_errors.bad_parameters("405 : Date from is required")
    dates = _Dates(now_ms, _scale(body.get("timeUnit")), zone)
    start = dates.moment(body["from"], now_ms, -1)
    if start is None:
        raise wire_errors.bad_parameters("406 : Date from not valid format")
    if body.get("to") is None:
        return Window(start, None)
    end = dates.moment(body["to"], start, 1)
    if end is None:
        raise wire_errors.bad_parameters("407 : Date to not valid format")
    if start > end:
        raise wire_errors.bad_parameters("408 : Date from is after date to")
    return Window(start, end)


def _scale(unit: Any) -> int:
    if (unit is not None and not isinstance(unit, str)) or unit not in SCALES:
        raise wire_errors.bad_parameters("timeUnit not valid")
    return SCALES[unit]


@dataclass(frozen=True, slots=True)
class _Dates:
    """Reads the dates of one request."""

    now_ms: int
    scale: int
    zone: tzinfo

    def moment(self, value: Any, origin_ms: int, sign: int) -> int | None:
        """Return a date as epoch milliseconds, None if unreadable; relative ones count from ``origin_ms``."""
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            return round(value * self.scale) if 0 <= value < 2**53 else None
        if not isinstance(value, str):
            return None
        try:
            return self._relative(value, origin_ms, sign)
        except (OverflowError, OSError, ValueError):
            return None  # counted from, or to, a day that no calendar has

    def _relative(self, value: str, origin_ms: int, sign: int) -> int | None:
        if found := RELATIVE.fullmatch(value):
            count, truncated, unit = found.groups()
            start = midnight_ms(origin_ms, self.zone) if truncated else origin_ms
            return start + sign * int(count) * UNITS_MS[unit]
        match value:
            case "now":
                return self.now_ms
            case "today":
                return midnight_ms(self.now_ms, self.zone)
            case "endday":
                return self._last_second(origin_ms)
            case "endmonth":
                return self._last_second(self._last_day(origin_ms))
            case _:
                return None

    def _last_second(self, moment_ms: int) -> int:
        day = local(moment_ms, self.zone).replace(hour=23, minute=59, second=59, microsecond=0)
        return milliseconds(day)

    def _last_day(self, moment_ms: int) -> int:
        day = local(moment_ms, self.zone)
        length = calendar.monthrange(day.year, day.month)[1]
        return milliseconds(day + timedelta(days=length - day.day))
