"""A new model against the champion: compared, approved, promoted, and put back, in real Dag runs."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.example_dags_path import example_dags_path
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.hooks.mlflow import MLflowHook
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.summary import TrainingSummary

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TABLE = "demo.ecommerce.data"
OLD = "20260101T030000Z"


@pytest.fixture
def dags(devo_connections: None) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(example_dags_path())).dags


@pytest.fixture
def run(
    airflow_database: None, dags: Any, devo: Any, small_dataset: Path, tmp_path: Path, request: Any
) -> Callable[..., tuple[str, dict[str, str]]]:
    """Return what runs a Dag by its id against a model name, a store and a history of this test's own."""
    from demo.events import write_events

    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    events = tmp_path / "events.ndjson"
    write_events(events, hour, events=3000, clients=60)
    devo.call("POST", f"tables/{TABLE}/events", events.read_bytes())
    reports = (tmp_path / "reports").as_uri()
    own = {
        "models_dir": (tmp_path / "models").as_uri(),
        "history_dir": tmp_path.as_uri(),
        "model_name": request.node.name[:50],
    }
    training = {
        "dataset": small_dataset.as_uri(),
        "model_params": {"ntrees": 25},
        "min_auc": 0.6,
        "min_recall": 0.1,
        "false_positive_budget": 0.05,
        "reports_dir": reports,
    }

    def finish(dag_id: str, **conf: Any) -> tuple[str, dict[str, str]]:
        usual = own | (training if dag_id == "dga_weekly_retrain" else {})
        finished = dags[dag_id].test(run_conf=usual | conf)
        return str(finished.state), {ti.task_id: str(ti.state) for ti in finished.get_task_instances()}

    return finish


@pytest.fixture
def champion(run: Any, tiny_model: dict[str, Any], tmp_path: Path, request: Any) -> str:
    """Let the small model serve, as if it had been trained and promoted in an earlier week."""
    name = request.node.name[:50]
    folder = tmp_path / "models" / OLD
    folder.mkdir(parents=True)
    file = folder / f"{name}.zip"
    shutil.copy2(tiny_model["model_file"], file)
    facts = tiny_model | {
        "version": OLD,
        "run_id": "earlier",
        "model_file": str(file),
        "summary": f"{OLD}/{name}.json",
    }
    (folder / f"{name}.json").write_text(json.dumps(facts))
    description = Provenance.of_training(TrainingSummary.of(facts)).describe("DGA domain classifier")
    MLModelManagerHook().add_model(name, "H2O", file, description=description)
    return str(name)


def serves(name: str) -> str:
    told = Provenance.of_description(MLModelManagerHook().get_model(name).description)
    assert told is not None
    return told.version


def answer(option: str) -> threading.Thread:
    """Choose an option as soon as a task asks for it, as the API server does."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import handle_event_submit
    from airflow.triggers.base import TriggerEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    def choose() -> None:
        for _ in range(500):
            with create_session() as session:
                waiting = select(TaskInstance).where(TaskInstance.state == "awaiting_input")
                for task in session.scalars(waiting):
                    detail = session.get(HITLDetail, task.id)
                    asked.append(f"{detail.subject}\n{detail.body}")
                    detail.responded_by = {"id": "me", "name": "me"}
                    detail.responded_at = datetime.now(UTC)
                    detail.chosen_options = [option]
                    detail.params_input = {}
                    session.flush()
                    handle_event_submit(
                        TriggerEvent(detail.as_resume_event_payload()), task_instance=task, session=session
                    )
                    return
            time.sleep(0.5)

    asked: list[str] = []
    thread = threading.Thread(target=choose, daemon=True)
    thread.asked = asked  # type: ignore[attr-defined]
    thread.start()
    return thread


def test_a_better_model_is_approved_promoted_and_put_back(run: Any, champion: str, tmp_path: Path) -> None:
    reports = (tmp_path / "reports").as_uri()
    state, _ = run("dga_hourly_report", history_dir=None, reports_dir=reports)
    assert state == "success"
    asking = answer("Approve")
    state, tasks = run("dga_weekly_retrain", require_approval=True, max_family_loss=1.0, max_recall_loss=0.2)
    assert (state, set(tasks.values())) == ("success", {"success"})
    new = serves(champion)
    assert new != OLD
    [asked] = asking.asked  # type: ignore[attr-defined]
    assert f"Put version {new} of {champion} into service?" in asked
    assert f"Against champion **{OLD}**" in asked
    assert "On the last 1 stored windows of your own traffic" in asked
    assert "| clients named |" in asked
    history = MLflowHook(history_dir=tmp_path.as_uri()).history(champion)
    assert history is not None
    assert (history.holder("champion").version, history.holder("challenger")) == (new, None)

    state, tasks = run("dga_rollback")
    assert (state, set(tasks.values())) == ("success", {"success"})
    assert (serves(champion), history.holder("champion").version) == (OLD, OLD)
    state, tasks = run("dga_rollback", version=new)
    assert (state, serves(champion), history.holder("champion").version) == ("success", new, new)
    with history.server.client() as client:
        assert len(client.search_model_versions(f"name = '{champion}'")) == 2


def test_a_worse_model_stays_outside_and_every_reason_is_written_down(
    run: Any, champion: str, tmp_path: Path
) -> None:
    state, tasks = run(
        "dga_weekly_retrain", model_params={"ntrees": 1, "max_depth": 2}, min_recall=0.99, min_family_rows=5
    )
    assert (state, tasks["train"], tasks["quality_gate"]) == ("failed", "success", "failed")
    assert serves(champion) == OLD
    history = MLflowHook(history_dir=tmp_path.as_uri()).history(champion)
    assert history is not None
    challenger = history.holder("challenger")
    assert challenger is not None
    with history.server.client() as client:
        tags = client.get_run(challenger.run_id).data.tags
    assert tags["gate"] == "refused"
    assert "recall is " in tags["gate_reasons"]
    assert f"less than that of the champion {OLD}" in tags["gate_reasons"]
    assert "recall of family " in tags["gate_reasons"]


def test_a_rejected_model_is_not_registered(run: Any, champion: str) -> None:
    answer("Reject")
    state, tasks = run(
        "dga_weekly_retrain",
        require_approval=True,
        max_family_loss=1.0,
        max_recall_loss=1.0,
        history_dir=None,
    )
    assert state == "success"
    assert [tasks[name] for name in ("approve", "register_candidate", "probe_candidate", "promote")] == [
        "success",
        "skipped",
        "skipped",
        "skipped",
    ]
    assert serves(champion) == OLD


def test_nothing_to_put_back_is_told_at_once(run: Any, champion: str) -> None:
    state, tasks = run("dga_rollback", history_dir=None)
    assert (state, tasks["find_version"], tasks["promote"]) == ("failed", "failed", "upstream_failed")
    assert serves(champion) == OLD
