"""The window that a run is about, whether it was scheduled, triggered by hand or by an asset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import DevoWindowError
from airflow_provider_devo_dga.tasks.rendered import given, mapping

Moment: TypeAlias = datetime | str | None
Span: TypeAlias = timedelta | float | str | Mapping[str, Any] | None
"""None for the run's own window, a width for the last full one, ``{"from", "to"}`` for that very one."""

_HOUR = timedelta(hours=1)
_IN_AN_OPERATOR = (
    "leave from_ and to out for this run's own window (with schedule='@hourly', or by hand, a run's data"
    " interval has no length in Airflow 3), or write window=timedelta(hours=1) for the last full hour"
)
_IN_A_FUNCTION = (
    "in a task, run_window(context) is the run's own window and run_window(context, timedelta(hours=1)) the"
    " last full hour"
)


def run_window(
    context: Mapping[str, Any], window: Span = None, *, from_: Moment = None, to: Moment = None
) -> Window:
    """Return the window that a task is about; without more than the context, the one of its run.

    A run's own window is the params ``from`` and ``to`` when both are given, else its data interval. A run
    whose data interval has no length, or that has none (with ``schedule="@hourly"``, by hand, by an asset),
    is about the last full period of its Dag's schedule before it was due, an hour where there is no period.

    :param context: Airflow's task context.
    :param window: a width, a timedelta or seconds: the last full one before the run was due, counted from
        midnight UTC; or ``{"from", "to"}``, as operators return it; None for the run's own.
    :param from_: start, included, of a window that is named: aware datetime or ISO 8601 text.
    :param to: its end, excluded.
    :raises DevoWindowError: they are no window, or only one of two is given; says what to write.
    """
    start, end, window = given(from_), given(to), given(window)
    if start is None and end is None and window is None:
        return _own(context)
    with window_errors(_IN_AN_OPERATOR):
        if window is None:
            return _between(start, end, "from_", "to")
        if start is not None or end is not None:
            raise DevoWindowError("Give from_ and to, or window, not both")
        if isinstance(window, Mapping) or (isinstance(window, str) and window.lstrip().startswith("{")):
            named = mapping(window, "window")
            return _between(named.get("from"), named.get("to"), "window's from", "to")
        return _last_full(_due(context), duration(window))


@contextmanager
def window_errors(remedy: str = _IN_A_FUNCTION) -> Iterator[None]:
    """Let an error of a window end in what to write."""
    try:
        yield
    except DevoWindowError as error:
        raise DevoWindowError(f"{error.message}; {remedy}") from None


def duration(value: timedelta | float | str) -> timedelta:
    """Return a duration that may have come from a template.

    :param value: a duration, or seconds.
    :raises DevoWindowError: it is neither, or negative.
    """
    try:
        found = value if isinstance(value, timedelta) else timedelta(seconds=float(value))
    except (TypeError, ValueError, OverflowError):
        raise DevoWindowError(f"{value!r} is no duration; use a timedelta, or seconds") from None
    if found < timedelta(0):
        raise DevoWindowError(f"A duration cannot be negative: {value!r}")
    return found


def _own(context: Mapping[str, Any]) -> Window:
    params = context.get("params") or {}
    start, end = given(params.get("from")), given(params.get("to"))
    if start or end:
        return _between(start, end, "the params 'from'", "'to'")
    first, last = context.get("data_interval_start"), context.get("data_interval_end")
    if first is not None and last is not None and first < last:
        return Window(first, last)
    return _period(context.get("dag"), _due(context)) or _last_full(_due(context), _HOUR)


def _between(start: Moment, end: Moment, first: str, last: str) -> Window:
    if not start or not end:
        raise DevoWindowError(f"Give both {first} and {last}, or neither")
    return Window.parse(start, end)


def _due(context: Mapping[str, Any]) -> datetime:
    # a run by hand may be about another moment than the present, and tells so by its interval
    due: datetime = context.get("data_interval_end") or context["dag_run"].run_after
    return _utc(due)


def _period(dag: Any, due: datetime) -> Window | None:
    """Return the last full period of a Dag's schedule, None where it has no cron text and no delta."""
    schedule: Any = getattr(dag, "timetable", None)
    schedule = getattr(schedule, "timetable", schedule)  # that of an AssetOrTimeSchedule
    if isinstance(delta := getattr(schedule, "delta", None), timedelta):
        end = due.replace(microsecond=0)
        return Window(end - delta, end)
    if not isinstance(cron := getattr(schedule, "expression", None), str):
        return None
    # Airflow's own reckoning: it knows of clock changes
    from airflow.timetables.interval import CronDataIntervalTimetable
    from pendulum import instance

    timetable = CronDataIntervalTimetable(cron, timezone=schedule.timezone)
    found = timetable.infer_manual_data_interval(run_after=instance(due))
    return Window(_utc(found.start), _utc(found.end))


def _utc(moment: datetime) -> datetime:
    # pendulum's astimezone gives a moment that cannot be compared with others
    return datetime.fromtimestamp(moment.timestamp(), UTC)


def _last_full(moment: datetime, width: timedelta) -> Window:
    if not width:
        raise DevoWindowError("The window has no length: its width is 0")
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + (moment - midnight) // width * width
    return Window(end - width, end)
