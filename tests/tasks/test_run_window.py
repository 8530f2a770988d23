"""Which window a run is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronTriggerTimetable
from pendulum import instance

from airflow_provider_devo_dga.errors import DevoWindowError
from airflow_provider_devo_dga.tasks.run_window import run_window

RUN_AFTER = datetime(2026, 1, 1, 9, 17, 23, 456, tzinfo=UTC)
SECONDS = timedelta(seconds=23)
MODEL = Asset("model", uri="devo-mlmm://self/a_model")


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, 1, hour, minute, tzinfo=UTC)


def window_of(window: Any = None, run_after: datetime = RUN_AFTER, **context: Any) -> Any:
    bounds = {name: context.pop(name) for name in ("from_", "to") if name in context}
    # as a task gets them
    told = {
        name: instance(value) if isinstance(value, datetime) else value for name, value in context.items()
    }
    found = run_window({"dag_run": SimpleNamespace(run_after=instance(run_after)), **told}, window, **bounds)
    assert found.is_over()
    return found.start, found.end


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
    assert window_of(str(width.total_seconds()), run_after) == expected
    # whatever the run's own is
    interval = {"data_interval_start": at(1) - timedelta(days=9), "data_interval_end": run_after}
    assert window_of(width, RUN_AFTER + timedelta(days=40), **interval) == expected


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"from": "2026-01-01T03:00:00+00:00"}, "both the params"),
        ({"to": "2026-01-01T03:00:00+00:00", "from": None}, "both the params"),
        ({"from": "2026-01-01T03:00:00", "to": "2026-01-01T04:00:00"}, "no time zone"),
        ({"from": "2026-01-01T04:00:00+00:00", "to": "2026-01-01T03:00:00+00:00"}, "ends before"),
        ({"from": "now()-1*hour()", "to": "now()"}, "not an ISO 8601"),
    ],
)
def test_params_that_are_no_window_are_refused(params: dict[str, Any], reason: str) -> None:
    with pytest.raises(DevoWindowError, match=reason):
        window_of(params=params)


def scheduled(schedule: Any) -> DAG:
    return DAG("a_dag", schedule=schedule, start_date=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("schedule", "due", "expected"),
    [
        ("@hourly", at(9), (at(8), at(9))),
        ("*/15 * * * *", at(9), (at(8, 45), at(9))),
        ("@daily", at(0), (datetime(2025, 12, 31, tzinfo=UTC), at(0))),
        ("@daily", RUN_AFTER, (datetime(2025, 12, 31, tzinfo=UTC), at(0))),  # by hand
        (timedelta(minutes=30), RUN_AFTER, (at(8, 47) + SECONDS, at(9, 17) + SECONDS)),
        (None, RUN_AFTER, (at(8), at(9))),
        (
            CronTriggerTimetable("0 0 * * *", timezone="Europe/Madrid"),
            datetime(2026, 3, 29, 22, tzinfo=UTC),
            (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ),
        (
            AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 6 * * *", timezone="UTC"), assets=[MODEL]),
            RUN_AFTER,
            (datetime(2025, 12, 31, 6, tzinfo=UTC), at(6)),
        ),
    ],
    ids=str,
)
def test_a_schedule_without_intervals_is_about_its_last_full_period(
    schedule: Any, due: datetime, expected: Any
) -> None:
    empty = {"data_interval_start": due, "data_interval_end": due}
    assert window_of(run_after=due, dag=scheduled(schedule), **empty) == expected
    # one that is made up for later is about the same
    assert window_of(run_after=due + timedelta(days=40), dag=scheduled(schedule), **empty) == expected
    assert window_of(run_after=due, dag=scheduled(schedule)) == expected


def test_a_window_may_be_what_another_task_returned() -> None:
    named = {"from": "2026-01-01T03:00:00+00:00", "to": "2026-01-01T05:30:00+00:00"}
    assert window_of(named) == window_of(str(named)) == (at(3), at(5, 30))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"from_": at(9), "to": at(9)}, "has no length.*leave from_ and to out"),
        ({"from_": RUN_AFTER, "to": RUN_AFTER}, "has no length.*data interval"),
        ({"from_": at(8), "to": RUN_AFTER}, r"replace\(microsecond=0\)"),
        ({"from_": "2026-01-01", "to": "2026-01-02"}, r"write 2026-01-01T00:00:00\+00:00"),
        ({"from_": "now()-1*hour()", "to": "now()"}, r"write window=timedelta\(hours=1\) for the last full"),
        ({"from_": at(8)}, "both from_ and to"),
        ({"from_": at(8), "to": at(9), "window": 3600}, "not both"),
        ({"window": 0}, "no length"),
        ({"window": "now()-1*hour()"}, "no duration.*the last full hour"),
        ({"window": "{'from': '2026-01-01T03:00:00+00:00'}"}, "both window's from"),
    ],
)
def test_what_is_no_window_says_what_to_write(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(DevoWindowError, match=reason):
        window_of(**arguments)


@pytest.mark.parametrize("nothing", [None, "None", ""])
def test_what_a_template_makes_of_none_is_no_window(nothing: str | None) -> None:
    assert window_of(nothing, from_=nothing, to=nothing) == (at(8), at(9))
