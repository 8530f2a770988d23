"""The window that a report run is about, whether it was scheduled, triggered by hand or by an asset."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import DevoWindowError


def run_window(context: Mapping[str, Any], *, width: timedelta = timedelta(hours=1)) -> Window:
    """Return the window of a Dag run.

    It is the params ``from`` and ``to`` when both are given, else the data interval, else (a run by hand or
    by an asset has none) the last full ``width`` before the run was due.

    :param context: Airflow's task context.
    :param width: a divisor of a day.
    :raises DevoWindowError: only one of the params is given, or they are no window.
    """
    params = context.get("params") or {}
    start, end = params.get("from"), params.get("to")
    if bool(start) != bool(end):
        raise DevoWindowError("Give both params 'from' and 'to', or neither")
    if start and end:
        return Window.parse(start, end)
    first, last = context.get("data_interval_start"), context.get("data_interval_end")
    if first is not None and last is not None and first < last:
        return Window(first, last)
    return _last_full(context["dag_run"].run_after, width)


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


def _last_full(moment: datetime, width: timedelta) -> Window:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + (moment - midnight) // width * width
    return Window(end - width, end)
