"""The pages' templates: those of the reports, for their look and words, and our own."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.plugins.window_facts import WindowFacts
from airflow_provider_devo_dga.reports.page.page import page_environment

if TYPE_CHECKING:
    from jinja2 import Environment


@functools.cache
def page_templates() -> Environment:
    """Return the environment; what a report says is escaped."""
    environment = page_environment("airflow_provider_devo_dga.plugins")
    environment.filters.update(hours=_hours, minute=_minute, start_day=_start_day, start_time=_start_time)
    return environment


def _minute(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M}"


def _start_time(window: WindowFacts) -> str:
    return f"{window.context.window_start.astimezone(UTC):%H:%M}"


def _start_day(window: WindowFacts) -> str:
    return f"{window.context.window_start.astimezone(UTC):%m-%d}"


def _hours(window: WindowFacts) -> str:
    """``2026-01-05 08:00–09:00``; a window of a day or more has both days."""
    start, end = window.context.window_start.astimezone(UTC), window.context.window_end.astimezone(UTC)
    if end - start < timedelta(days=1):
        return f"{_minute(start)}–{end:%H:%M}"
    return f"{_minute(start)} – {_minute(end)}"
