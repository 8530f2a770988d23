"""The Dags on the page for authors run, and are the same job in three ways."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.one_run import run_once

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
NAMES = ["entropy_classic", "entropy_taskflow", "entropy_mixed"]
# the hour in which clocks in Madrid go from 2 to 3
START = datetime(2026, 3, 29, 1, tzinfo=UTC)
AFTER = datetime(2026, 3, 29, 2, tzinfo=UTC)


@pytest.fixture
def dags(devo_connections: None) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(EXAMPLES))
    assert not bag.import_errors
    return bag.dags


@pytest.mark.slow
def test_three_ways_write_the_same_report(
    airflow_database: None, devo: Any, dags: Any, tmp_path: Path
) -> None:
    assert sorted(dags) == sorted(NAMES)
    hour = int(START.timestamp()) * 1000
    hosts = [
        "https://www.example.com/",
        "http://kq3v9z7xw1.net/x",
        "http://kq3v9z7xw1.net/y",
        "http://10.0.0.1/",
    ]
    events = [{"eventdate": hour + n, "referralUri": uri} for n, uri in enumerate(hosts)]
    outside = (hour - 1, hour + 3_600_000)
    events += [{"eventdate": date, "referralUri": "https://other.org/"} for date in outside]
    table = devo.table(events, referralUri="str")
    reports = []
    for name in NAMES:
        conf = {"table": table, "output_dir": (tmp_path / name).as_uri()}
        run = run_once(dags[name], conf, logical_date=AFTER)
        states = {task.task_id: str(task.state) for task in run.get_task_instances()}
        assert set(states.values()) == {"success"}, states
        [file] = (tmp_path / name).glob("*.json")
        reports.append(json.loads(file.read_text("utf-8")))
    assert reports[0] == reports[1] == reports[2]
    assert list(reports[0]) == ["kq3v9z7xw1.net", "example.com"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["entropy_classic", "entropy_mixed"])
def test_a_table_that_is_no_name_is_refused_with_the_run(
    airflow_database: None, dags: Any, name: str
) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError, match="table"):
        run_once(dags[name], {"table": "a where true"})
