"""A closed window of time, half open: ``start`` is in, ``end`` is out, also of what Devo sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from airflow_provider_devo_dga.devo_api.wire import Batch, Column
from airflow_provider_devo_dga.errors import DevoWindowError

_EVENTDATE = Column("eventdate", "timestamp")


@dataclass(frozen=True, slots=True)
class Window:
    """``[start, end)`` on ``eventdate``, the time at which Devo received an event.

    :param start: aware datetime, whole seconds.
    :param end: aware datetime, whole seconds, after ``start``.
    :raises DevoWindowError: for anything else. An open window is never sent: Devo would not end it.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        named = (("from", self.start), ("to", self.end))
        for name, value in named:
            if value.tzinfo is None or value.utcoffset() is None:
                raise DevoWindowError(f"{name!r} is a naive datetime ({value}); give it a time zone")
        if self.end <= self.start:
            what = "has no length" if self.end == self.start else "ends before it starts"
            raise DevoWindowError(
                f"The window {what}: from {self.start.isoformat()} to {self.end.isoformat()}"
            )
        for name, value in named:
            if value.microsecond:
                raise DevoWindowError(
                    f"{name!r} must be whole seconds, not {value.isoformat()}: add .replace(microsecond=0)"
                )

    @classmethod
    def parse(cls, start: datetime | str, end: datetime | str) -> Window:
        """Return a window from datetimes or ISO 8601 texts, as templates render them.

        :raises DevoWindowError: also for texts that are no ISO 8601 date and time with an offset.
        """
        return cls(_parse("from", start), _parse("to", end))

    @property
    def start_seconds(self) -> int:
        return int(self.start.timestamp())

    @property
    def end_seconds(self) -> int:
        """End as epoch seconds, excluded."""
        return int(self.end.timestamp())

    @property
    def bounds(self) -> dict[str, datetime]:
        """What ``DevoHook`` is asked with: ``hook.get_df(query, **window.bounds)``."""
        return {"from_": self.start, "to": self.end}

    @property
    def written(self) -> dict[str, str]:
        """As JSON holds it: ``{"from": …, "to": …}``, ISO 8601."""
        return {"from": self.start.isoformat(), "to": self.end.isoformat()}

    @property
    def slug(self) -> str:
        """A name for files, sorted by time: ``20260101T080000Z_3600s``."""
        start = self.start.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        return f"{start}_{self.end_seconds - self.start_seconds}s"

    def is_over(self, lateness: timedelta = timedelta(0), now: datetime | None = None) -> bool:
        """Whether the end has passed, and ``lateness`` after it, so that the window can be read now."""
        return self.remaining(lateness, now) <= timedelta(0)

    def remaining(self, lateness: timedelta = timedelta(0), now: datetime | None = None) -> timedelta:
        """Return how long to wait until :meth:`is_over`; negative when it is."""
        if lateness < timedelta(0):
            raise DevoWindowError(f"lateness cannot be negative: {lateness}")
        return self.end + lateness - (now or datetime.now(UTC))

    def before(self, windows: int) -> Iterator[Window]:
        """Yield so many windows of the same width before this one, the latest first."""
        width = self.end - self.start
        for number in range(1, windows + 1):
            yield Window(self.start - number * width, self.end - number * width)

    def __str__(self) -> str:
        start, end = (
            moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") for moment in (self.start, self.end)
        )
        return f"[{start}, {end})"


def _parse(name: str, value: datetime | str) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise DevoWindowError(
            f"{name!r} is not an ISO 8601 date and time: {value!r}, and nothing is evaluated; use e.g."
            " 2026-01-01T00:00:00+00:00"
        ) from None
    if found.tzinfo is None:
        whole = value if len(value) > len("2026-01-01") else f"{value}T00:00:00"
        raise DevoWindowError(f"{name!r} has no time zone: {value!r}; for UTC write {whole}+00:00")
    return found


def within(batch: Batch, window: Window) -> Batch:
    """Drop rows whose ``eventdate`` is the window's end or later; rows without that column stay.

    Whether Devo includes the very end is not documented.
    """
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


def keyed(slug: str, source_key: str) -> str:
    """Return what a window's file is called for one source: ``20260105T080000Z_3600s_1a2b3c4d``."""
    return f"{slug}_{source_key}" if source_key else slug
