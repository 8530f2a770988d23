"""The Dag that checks a team's connections: green with the sandbox, and plain about what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoAuthError, DevoResultError
from airflow_provider_devo_dga.example_dags_path import example_dags_path
from airflow_provider_devo_dga.features import assumptions
from airflow_provider_devo_dga.features.assumptions import ASSUMPTIONS, LONG_QUERIES, SUFFIX_LIST, Assumption
from airflow_provider_devo_dga.operators.check_linq import CheckLinqOperator

TABLE = "demo.ecommerce.data"


@pytest.fixture
def smoke() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(example_dags_path())).dags["dga_smoke"]


def states(finished: Any) -> dict[str, str]:
    return {task.task_id: str(task.state) for task in finished.get_task_instances()}


@pytest.mark.slow
def test_with_everything_in_place_every_step_is_green(
    airflow_database: None, devo: Any, devo_connections: None, smoke: Any, tmp_path: Path
) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    event = {
        "eventdate": int(hour.timestamp()) * 1000,
        "referralUri": "http://example.com/",
        "clientIpAddress": "10.0.0.1",
        "statusCode": 503,
    }
    devo.load(TABLE, [event])
    conf = {"store": tmp_path.as_uri(), "model_name": "none_of_this_name", "code_field": "statusCode"}
    finished = smoke.test(run_conf=conf)
    assert states(finished) == {
        "devo_answers": "success",
        "table_is_readable": "success",
        "codes_are_understood": "success",
        "linq_means_what_is_assumed": "success",
        "model_manager_answers": "success",
        "model_is_in_service": "skipped",
        "h2o_answers": "success",
        "store_can_be_written": "success",
    }
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


@pytest.mark.slow
def test_a_refused_token_stops_what_needs_it_and_nothing_else(
    airflow_database: None, connect: Any, smoke: Any, tmp_path: Path
) -> None:
    connect("devo_default", password="not-the-token")
    connect("devo_mlmm_default", "devo_mlmm")
    blocker = tmp_path / "file"
    blocker.touch()
    finished = smoke.test(run_conf={"store": (blocker / "below").as_uri(), "model_name": "none_of_this_name"})
    found = states(finished)
    assert (found["devo_answers"], found["table_is_readable"]) == ("failed", "upstream_failed")
    assert (found["model_manager_answers"], found["store_can_be_written"]) == ("success", "failed")


def test_each_assumption_holds_in_the_sandbox_and_its_suffix_list_is_told(
    devo: Any, devo_connections: None, context: Any
) -> None:
    answers = CheckLinqOperator(task_id="check", table=devo.table()).execute(context)
    assert list(answers) == [
        assumption.name for assumption in (*ASSUMPTIONS, *SUFFIX_LIST, *LONG_QUERIES.values())
    ]
    assert {answers[asked.name] for asked in (*SUFFIX_LIST, *LONG_QUERIES.values())} == {True}


def test_all_that_do_not_hold_are_named(
    devo: Any, devo_connections: None, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = (
        Assumption("length", 'length("abc")', 4.0),
        Assumption("case", 'upper("a")', "A"),
        Assumption("nothing", 'nosuchfunction("a")', "A"),
    )
    monkeypatch.setattr("airflow_provider_devo_dga.operators.check_linq.ASSUMPTIONS", wrong)
    with pytest.raises(DevoResultError) as caught:
        CheckLinqOperator(task_id="check", table=devo.table()).execute(context)
    assert 'length: length("abc") gives 3, not 4.0' in str(caught.value)
    assert "nosuchfunction" in str(caught.value)
    assert "upper" not in str(caught.value)


def test_refused_credentials_are_no_wrong_assumption(devo: Any, connect: Any, context: Any) -> None:
    connect("devo_default", password="not-the-token")
    with pytest.raises(DevoAuthError):
        CheckLinqOperator(task_id="check").execute(context)


def test_a_table_is_quoted() -> None:
    with pytest.raises(assumptions.quoting.FeatureError):
        ASSUMPTIONS[0].query("t where 1=1")
