"""The time zone of a request: a name such as ``Europe/Madrid``, or an offset such as ``GMT+2``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from devo_sandbox import wire_errors
from devo_sandbox.linq import sql

OFFSET = re.compile(r"(?:GMT|UTC)([+-])([0-9]{1,2})(?::?([0-5][0-9]))?")
# What Java, and so Devo, takes at most.
LARGEST_OFFSET = timedelta(hours=18)
TEXT = "strftime({0}, '%Y-%m-%d %H:%M:%S.%g')"


def zone_named(value: Any) -> tzinfo:
    """Return the zone of a request's ``timeZone``, UTC when it names none.

    :raises WireError: Devo's bad parameters; the wording is inferred.
    """
    if value is None:
        return UTC
    if isinstance(value, str) and (zone := _offset(value) or _known(value)):
        return zone
    raise wire_errors.bad_parameters("timeZone not valid")


def timestamp_text(value: str, zone: tzinfo) -> str:
    """Return SQL for the text of a timestamp, which is SQL for epoch milliseconds."""
    if isinstance(zone, ZoneInfo):
        moment = f"timezone({sql.quoted(zone.key)}, timezone('UTC', epoch_ms({value})))"
    else:
        offset_ms = round((zone.utcoffset(None) or timedelta()).total_seconds() * 1000)
        moment = f"epoch_ms({value} + ({offset_ms}))" if offset_ms else f"epoch_ms({value})"
    return TEXT.format(moment)


def midnight_ms(moment_ms: int, zone: tzinfo) -> int:
    """Return the start of the day that ``moment_ms`` falls on."""
    return milliseconds(local(moment_ms, zone).replace(hour=0, minute=0, second=0, microsecond=0))


def local(moment_ms: int, zone: tzinfo) -> datetime:
    """Return a moment as a clock in ``zone`` shows it."""
    return datetime.fromtimestamp(moment_ms / 1000, zone)


def milliseconds(moment: datetime) -> int:
    """Return a moment as epoch milliseconds."""
    return round(moment.timestamp() * 1000)


def _offset(name: str) -> tzinfo | None:
    if not (found := OFFSET.fullmatch(name)):
        return None
    sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if offset > LARGEST_OFFSET:
        return None
    return timezone(-offset if sign == "-" else offset)


def _known(name: str) -> tzinfo | None:
    return ZoneInfo(name) if name in _names() else None


@cache
def _names() -> frozenset[str]:
    # Not a place, and unknown to DuckDB.
    return frozenset(available_timezones() - {"localtime"})
