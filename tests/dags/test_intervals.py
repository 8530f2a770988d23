"""Whose hour is it? Timetables over changes of the clock, and one interval reported three times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable
from pendulum import instance

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.example_dags_path import example_dags_path
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.tasks.run_window import run_window

HOUR = timedelta(hours=1)
# the local days of Madrid on which clocks change
LONG = (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))
SHORT = (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))


def windows(cron: str, zone: str, start: datetime, end: datetime) -> Iterator[Window]:
    """Yield the window of each run that the scheduler would make between two moments."""
    timetable = CronDataIntervalTimetable(cron, timezone=zone)
    restriction = TimeRestriction(earliest=instance(start), latest=instance(end), catchup=True)
    former: DataInterval | None = None
    while True:
        found = timetable.next_dagrun_info(last_automated_data_interval=former, restriction=restriction)
        if found is None or found.data_interval is None or found.data_interval.end > end:
            return
        former = found.data_interval
        context = {"data_interval_start": former.start, "data_interval_end": former.end}
        yield run_window({**context, "dag_run": SimpleNamespace(run_after=found.run_after)})


@pytest.mark.parametrize("zone", ["UTC", "Europe/Madrid"])
@pytest.mark.parametrize(("day", "hours"), [(LONG, 25), (SHORT, 23)])
def test_every_hour_has_its_run_and_its_name(zone: str, day: tuple[datetime, datetime], hours: int) -> None:
    found = list(windows("0 * * * *", zone, *day))
    assert [(window.start, window.end) for window in found] == [
        (day[0] + number * HOUR, day[0] + (number + 1) * HOUR) for number in range(hours)
    ]
    assert len({window.slug for window in found}) == hours


@pytest.mark.parametrize(("day", "hours"), [(LONG, 25), (SHORT, 23)])
def test_a_local_day_is_as_long_as_it_is(day: tuple[datetime, datetime], hours: int) -> None:
    [found] = windows("0 0 * * *", "Europe/Madrid", *day)
    assert (found.start, found.end) == day
    assert found.slug.endswith(f"_{hours * 3600}s")


def test_no_event_of_a_short_day_is_read_twice_or_never(devo: Any, devo_connections: None) -> None:
    every_ten_minutes = [
        {"eventdate": int((SHORT[0] + number * HOUR / 6).timestamp() * 1000)} for number in range(-6, 24 * 6)
    ]
    table = devo.table(every_ten_minutes)
    hook = DevoHook()
    counts = [
        hook.count(f"from {table}", from_=window.start, to=window.end)
        for window in windows("0 * * * *", "Europe/Madrid", *SHORT)
    ]
    assert counts == [6] * 23


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_one_interval_gives_one_report_scheduled_again_or_without_an_interval(
    airflow_database: None, devo: Any, devo_connections: None, glm_mojo: Any, tmp_path: Path
) -> None:
    from airflow.dag_processing.dagbag import DagBag

    from demo.events import write_events

    # 03:00–04:00 in Madrid, right after the hour that is not there
    start = datetime(2026, 3, 29, 1, tzinfo=UTC)
    name = "intervals"
    model = tmp_path / "tiny.zip"
    model.write_bytes(glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 3.0}, -10.0))
    MLModelManagerHook().add_model(name, "H2O", model, description="a tiny model")
    events = tmp_path / "events.ndjson"
    count = write_events(events, start, events=1500, clients=30)
    table = devo.table(eventdate="timestamp", referralUri="str", clientIpAddress="ip4")
    lines = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
    devo.load(
        table, [{key: line[key] for key in ("eventdate", "referralUri", "clientIpAddress")} for line in lines]
    )

    dag = DagBag(str(example_dags_path())).dags["dga_hourly_report"]
    conf = {"table": table, "reports_dir": (tmp_path / "reports").as_uri(), "model_name": name}
    made = []
    for options in (
        {"logical_date": start + HOUR},
        {"logical_date": start + HOUR},  # as a backfill that reprocesses
        {"logical_date": None, "run_after": start + HOUR * 4 / 3},  # as by hand, or by a new model
    ):
        run = dag.test(run_conf=conf, **options)
        assert str(run.state) == "success", {t.task_id: str(t.state) for t in run.get_task_instances()}
        [folder] = [path for path in (tmp_path / "reports").iterdir() if path.name not in {"rows", "drift"}]
        assert folder.name.startswith("20260329T010000Z_3600s_")
        made.append(contents(folder))
    first, *others = made
    written = json.loads(first["report.json"])
    assert written["context"]["events_in_window"] == count
    assert written["totals"]["domains_flagged"] > 0
    for other in others:
        assert other.keys() == first.keys()
        assert other["report.csv"] == first["report.csv"]
        again = json.loads(other["report.json"])
        # when and by which run it was made is all that differs
        assert again["context"].pop("generated_at") > written["context"]["generated_at"]
        assert again["context"].pop("run_id")
        assert again == written | {
            "context": {k: v for k, v in written["context"].items() if k not in {"generated_at", "run_id"}}
        }
