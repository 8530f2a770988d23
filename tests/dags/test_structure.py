"""The example Dags parse, and say what they are meant to say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, AssetOrTimeSchedule, CronDataIntervalTimetable, CronTriggerTimetable
from pendulum import instance

from airflow_provider_devo_dga.example_dags_path import example_dags_path
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY

FOLDER = example_dags_path()
EDGES = {
    "dga_smoke": {
        "devo_answers": {"table_is_readable"},
        "table_is_readable": {"linq_means_what_is_assumed", "codes_are_understood"},
        "codes_are_understood": set(),
        "linq_means_what_is_assumed": set(),
        "model_manager_answers": {"model_is_in_service"},
        "model_is_in_service": set(),
        "h2o_answers": set(),
        "store_can_be_written": set(),
    },
    "dga_hourly_report": {
        "sources": {"source.plan", "list_is_good"},
        "list_is_good": set(),
        "source.plan": {
            f"source.{task}"
            for task in (
                "wait_for_events",
                "classify",
                "report",
                "send_detections",
                "watch_drift",
                "tell",
                "retrain",
            )
        },
        "source.wait_for_events": {"source.classify"},
        "source.classify": {"source.report", "source.watch_drift"},
        "source.report": {"source.tell", "source.send_detections"},
        "source.tell": set(),
        "source.send_detections": set(),
        "source.watch_drift": {"source.drift_alarm"},
        "source.drift_alarm": {"source.retrain"},
        "source.retrain": set(),
    },
    "dga_weekly_retrain": {
        "recent_drift": {"find_champion"},
        "find_champion": {"train"},
        "train": {"record"},
        "record": {"backtest"},
        "backtest": {"quality_gate"},
        "quality_gate": {"ask_someone"},
        "ask_someone": {"approve", "register_candidate"},
        "approve": {"register_candidate"},
        "register_candidate": {"probe_candidate"},
        "probe_candidate": {"promote"},
        "promote": set(),
    },
    "dga_rollback": {
        "find_version": {"register_candidate"},
        "register_candidate": {"promote"},
        "promote": set(),
    },
}
HEAVY = (
    "altair",
    "devo",
    "devo_ml",
    "duckdb",
    "fastapi",
    "jpype",
    "vl_convert",
    "h2o",
    "httpx",
    "jinja2",
    "mlflow",
    "numpy",
    "pandas",
    "pyarrow",
    "requests",
)


@pytest.fixture(scope="module")
def bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(FOLDER))


def test_every_file_parses(bag: Any) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == set(EDGES)
    assert {Path(dag.fileloc).name for dag in bag.dags.values()} == {
        file.name for file in FOLDER.glob("*.py")
    }


@pytest.mark.parametrize("dag_id", EDGES)
def test_tasks_follow_each_other(bag: Any, dag_id: str) -> None:
    found = {task.task_id: task.downstream_task_ids for task in bag.dags[dag_id].tasks}
    assert found == EDGES[dag_id]


@pytest.mark.parametrize("dag_id", EDGES)
def test_a_dag_can_be_read_at_one_sitting(dag_id: str) -> None:
    assert len((FOLDER / f"{dag_id}.py").read_text(encoding="utf-8").splitlines()) < 300


@pytest.mark.parametrize("dag_id", EDGES)
def test_every_task_has_an_owner_and_retries_only_what_may_pass(bag: Any, dag_id: str) -> None:
    dag = bag.dags[dag_id]
    assert dag.doc_md
    assert "dga" in dag.tags
    assert not dag.catchup
    for task in dag.tasks:
        assert task.owner == "security"
        # a check is to tell what is wrong now
        if dag_id == "dga_smoke":
            assert task.retries == 0
        else:
            assert (task.retries, task.retry_policy) == (2, DEVO_RETRY_POLICY)


def test_the_report_covers_each_hour_and_follows_a_new_model(bag: Any) -> None:
    dag = bag.dags["dga_hourly_report"]
    assert isinstance(dag.schedule, AssetOrTimeSchedule)
    # a plain cron schedule has an empty interval in Airflow 3
    assert dag.schedule.timetable == CronDataIntervalTimetable("0 * * * *", timezone="UTC")
    promoted = bag.dags["dga_weekly_retrain"].get_task("promote").outlets
    assert [asset.uri for asset in promoted] == ["devo-mlmm://self/dga_classifier"]
    assert list(dag.schedule.asset_condition.objects) == promoted


def test_no_task_of_the_report_works_for_ever_nor_do_many_runs_at_once(bag: Any) -> None:
    dag = bag.dags["dga_hourly_report"]
    assert {task.execution_timeout for task in dag.tasks} == {timedelta(hours=2)}
    # a deferred sensor resumes within the limit
    assert dag.get_task("source.wait_for_events").timeout < timedelta(hours=2).total_seconds()
    assert dag.max_active_runs == 2


def test_the_retrain_runs_weekly_or_after_drift_and_never_twice_at_once(bag: Any) -> None:
    dag = bag.dags["dga_weekly_retrain"]
    assert isinstance(dag.schedule, AssetOrTimeSchedule)
    assert isinstance(timetable := dag.schedule.timetable, CronTriggerTimetable)
    assert (timetable.expression, timetable.timezone) == ("0 3 * * 1", "UTC")
    alarm = bag.dags["dga_hourly_report"].get_task("source.retrain").outlets
    assert [asset.uri for asset in alarm] == ["x-devo-dga://drift/lasting"]
    assert list(dag.schedule.asset_condition.objects) == alarm
    assert dag.max_active_runs == 1
    # what the drift was is told; a training does not depend on it
    assert dag.get_task("find_champion").trigger_rule == "all_done"
    assert dag.get_task("train").execution_timeout == timedelta(hours=2)
    assert dag.get_task("register_candidate").if_exists == "replace"


def test_a_rollback_is_asked_for_and_wakes_the_report_too(bag: Any) -> None:
    dag = bag.dags["dga_rollback"]
    assert dag.schedule is None
    assert dag.get_task("promote").outlets == bag.dags["dga_weekly_retrain"].get_task("promote").outlets


def test_nobody_is_asked_unless_wanted(bag: Any) -> None:
    dag = bag.dags["dga_weekly_retrain"]
    assert dag.params["require_approval"] is False
    choose = dag.get_task("ask_someone").python_callable
    assert choose({"require_approval": False}) == "register_candidate"
    assert choose({"require_approval": True}) == "approve"


@pytest.mark.parametrize("dag_id", EDGES)
def test_the_default_params_are_valid_and_have_a_form(bag: Any, dag_id: str) -> None:
    dag = bag.dags[dag_id]
    dag.params.validate()
    sections = []
    for name, value in dag.params.dump().items():
        param = dag.params.get_param(name)
        assert "type" in param.schema or "enum" in param.schema, name
        assert param.description, name
        sections.append(param.schema["section"])
        json.dumps(value)
    # what belongs together stands together, and no section is a page of its own
    assert len([section for section, _ in groupby(sections)]) == len(set(sections))
    assert max(Counter(sections).values()) < 10


MONDAY = datetime(2026, 1, 5, 3, tzinfo=UTC)
WEEK = timedelta(days=7)


def first_run(dag: Any, moment: datetime, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Return when the first run of a Dag is due that is switched on at a moment, as Airflow reckons."""
    from airflow.serialization.serialized_objects import DagSerialization

    monkeypatch.setattr("airflow.timetables.trigger.utcnow", lambda: instance(moment))
    known = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    info = known.next_dagrun_info(last_automated_run_info=None)
    assert info is not None
    return info.run_after


@pytest.mark.parametrize(
    ("after", "due"),
    [
        (timedelta(seconds=-1), MONDAY),
        (timedelta(minutes=5), MONDAY),  # a scheduler that is late
        (timedelta(minutes=11), MONDAY + WEEK),
        (timedelta(hours=16), MONDAY + WEEK),
        (timedelta(days=6), MONDAY + WEEK),
    ],
    ids=str,
)
def test_switching_the_retrain_on_asks_for_no_model(
    bag: Any, monkeypatch: pytest.MonkeyPatch, after: timedelta, due: datetime
) -> None:
    assert first_run(bag.dags["dga_weekly_retrain"], MONDAY + after, monkeypatch) == due


def test_with_a_start_date_it_would_begin_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    dag = DAG("weekly", schedule="0 3 * * 1", start_date=datetime(2025, 1, 1, tzinfo=UTC), catchup=False)
    assert first_run(dag, MONDAY + timedelta(days=3), monkeypatch) == MONDAY


@pytest.mark.slow
def test_airflow_plans_the_first_retrain_for_a_monday_to_come(airflow_database: None, bag: Any) -> None:
    """The row that the scheduler looks at, as the Dag processor writes it at each parse."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    DagBundlesManager().sync_bundles_to_db()
    alone = DagBag("/dev/null")
    alone.dags["dga_weekly_retrain"] = bag.dags["dga_weekly_retrain"]
    sync_bag_to_db(alone, "dags-folder", None)
    with create_session() as session:
        planned = session.get(DagModel, "dga_weekly_retrain")
        assert planned is not None
        assert planned.next_dagrun_create_after is not None
        assert planned.next_dagrun_create_after > datetime.now(UTC) - timedelta(minutes=10)


@pytest.mark.parametrize("dag_id", EDGES)
def test_a_second_parse_is_the_same_version(dag_id: str) -> None:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    def parsed() -> str:
        dag = DagBag(str(FOLDER)).dags[dag_id]
        return json.dumps(DagSerialization.serialize_dag(dag), sort_keys=True, default=str)

    assert parsed() == parsed()


@pytest.mark.slow
def test_parsing_is_quick_and_imports_nothing_heavy() -> None:
    code = f"""
import sys, time
import airflow.sdk, pendulum
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.definitions.asset import Model
before, began = set(sys.modules), time.monotonic()
bag = DagBag({str(FOLDER)!r})
seconds = time.monotonic() - began
assert not bag.import_errors, bag.import_errors
new = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print("\\n" + str(seconds), sorted(new & {set(HEAVY)!r}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, heavy = done.stdout.splitlines()[-1].split(" ", 1)
    assert heavy == "[]"
    assert float(seconds) < 5  # 0.1 s on an idle machine; the bound leaves room for a busy one


def test_the_folder_can_be_asked_for() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "airflow_provider_devo_dga", "dags-path"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout == f"{FOLDER}\n"
    assert " airflow\n" not in told.stderr, "it must not import Airflow: that takes seconds"
