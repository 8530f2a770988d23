"""Numbers, instants and probabilities in words a reader need not decode."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# strftime would follow the locale of whoever renders.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LARGE = ((12, "trillion"), (9, "billion"), (6, "million"))
_NBSP = "\u00a0"


def count(number: int) -> str:
    """``12345`` gives ``12,345``."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """``1, "client"`` gives ``1 client``, ``2`` gives ``2 clients``."""
    return f"{count(number)} {noun if number == 1 else noun + 's'}"


def quantity(number: float) -> str:
    """Return an expected count with the digits that matter: ``1,240``, ``2.5``, ``0.06``."""
    if number >= 10:
        return f"{number:,.0f}"
    if number >= 0.095:
        return f"{number:.1f}".removesuffix(".0")
    if number == 0:
        return "0"
    return f"{number:.2f}" if number >= 0.005 else "< 0.01"


def percent(share: float) -> str:
    """``0.001`` gives ``0.1 %``."""
    return f"{share * 100:.3g}{_NBSP}%"


def date(instant: datetime) -> str:
    """Return the UTC day: ``Tuesday, 24 November 2026``."""
    utc = instant.astimezone(UTC)
    return f"{_DAYS[utc.weekday()]}, {utc.day} {_MONTHS[utc.month - 1]} {utc.year}"


def clock(instant: datetime) -> str:
    """Return the UTC time of day: ``14:07:09``."""
    return f"{instant.astimezone(UTC):%H:%M:%S}"


def window(start: datetime, end: datetime) -> str:
    """Return a half-open window in UTC: ``Tuesday, 24 November 2026, 14:00 to 15:00 UTC``."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    form = "%H:%M:%S" if start.second or end.second else "%H:%M"
    until = end.strftime(form)
    if start.date() != end.date():
        midnight = end.date() - start.date() == timedelta(days=1) and until == "00:00"
        until = "24:00" if midnight else f"{date(end)}, {until}"
    return f"{date(start)}, {start.strftime(form)} to {until} UTC"


def moment(instant: datetime, start: datetime, end: datetime) -> str:
    """Return a minute as short as its window allows: ``14:07 UTC``, with the day when it spans two."""
    within_a_day = (
        end - start <= timedelta(days=1)
        and start.astimezone(UTC).date() == (end.astimezone(UTC) - timedelta(microseconds=1)).date()
    )
    minute = f"{instant.astimezone(UTC):%H:%M} UTC"
    return minute if within_a_day else f"{date(instant)}, {minute}"


def day_and_minute(instant: datetime) -> str:
    """Return day and minute: ``24 November, 14:00 UTC``."""
    utc = instant.astimezone(UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1]}, {utc:%H:%M} UTC"


def odds(log10_probability: float) -> str:
    """Return a probability as odds: ``1 in 40``, ``1 in 2 million``, ``less than 1 in a trillion``.

    :param log10_probability: ≤ 0.0; from one half on it is ``likely``.
    """
    if log10_probability > -0.3:
        return "likely"
    if log10_probability <= -12:
        return f"less than 1{_NBSP}in{_NBSP}a{_NBSP}trillion"
    against = 10**-log10_probability
    for exponent, word in _LARGE:
        if against >= 10**exponent:
            return f"1{_NBSP}in{_NBSP}{_two_digits(against / 10**exponent)}{_NBSP}{word}"
    return f"1{_NBSP}in{_NBSP}{_two_digits(against)}"


def _two_digits(number: float) -> str:
    rounded = float(f"{number:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 or rounded == int(rounded) else f"{rounded:.1f}"
