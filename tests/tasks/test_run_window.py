"""Which window a run is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoWindowError
from airflow_provider_devo_dga.tasks.run_window import run_window

RUN_AFTER = datetime(2026, 1, 1, 9, 17, 23, 456, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, 1, hour, minute, tzinfo=UTC)


def window_of(width: timedelta = timedelta(hours=1), run_after: datetime = RUN_AFTER, **context: Any) -> Any:
    window = run_window({"dag_run": SimpleNamespace(run_after=run_after), **context}, width=width)
    return window.start, window.end


def test_a_scheduled_run_is_about_its_interval() -> None:
    interval = {"data_interval_start": at(7), "data_interval_end": at(8)}
    assert window_of(**interval) == (at(7), at(8))
    assert window_of(**interval, params={"from": None, "to": None}) == (at(7), at(8))


def test_params_win_over_the_interval() -> None:
    params = {"from": "2026-01-01T03:00:00+00:00", "to": "2026-01-01T05:30:00Z"}
    interval = {"data_interval_start": at(7), "data_interval_end": at(8)}
    assert window_of(**interval, params=params) == (at(3), at(5, 30))


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"params": {"from": "", "to": ""}},
        {"data_interval_start": at(9), "data_interval_end": at(9)},
        {"data_interval_start": None, "data_interval_end": None},
    ],
    ids=["asset", "empty params", "empty interval", "no interval"],
)
def test_a_run_without_an_interval_is_about_the_last_full_hour(context: dict[str, Any]) -> None:
    assert window_of(**context) == (at(8), at(9))


@pytest.mark.parametrize(
    ("run_after", "width", "expected"),
    [
        (at(9), timedelta(hours=1), (at(8), at(9))),
        (at(0, 5), timedelta(hours=1), (datetime(2025, 12, 31, 23, tzinfo=UTC), at(0))),
        (at(9, 17), timedelta(minutes=15), (at(9), at(9, 15))),
        (at(9), timedelta(days=1), (datetime(2025, 12, 31, tzinfo=UTC), at(0))),
    ],
)
def test_full_means_since_midnight(run_after: datetime, width: timedelta, expected: Any) -> None:
    assert window_of(width, run_after) == expected


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"from": "2026-01-01T03:00:00+00:00"}, "both params"),
        ({"to": "2026-01-01T03:00:00+00:00", "from": None}, "both params"),
        ({"from": "2026-01-01T03:00:00", "to": "2026-01-01T04:00:00"}, "naive"),
        ({"from": "2026-01-01T04:00:00+00:00", "to": "2026-01-01T03:00:00+00:00"}, "ends before"),
        ({"from": "now()-1*hour()", "to": "now()"}, "not an ISO 8601"),
    ],
)
def test_params_that_are_no_window_are_refused(params: dict[str, Any], reason: str) -> None:
    with pytest.raises(DevoWindowError, match=reason):
        window_of(params=params)
