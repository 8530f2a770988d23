"""The history keeps each training once, and knows who has which role. Real MLflow on SQLite."""

from __future__ import annotations

import dataclasses
import fcntl
import logging
import multiprocessing
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import HistoryConfigError, HistoryError
from airflow_provider_devo_dga.history.model_history import ModelHistory
from airflow_provider_devo_dga.history.tracking_server import TrackingServer, local_path
from airflow_provider_devo_dga.models.summary import TrainingSummary

pytestmark = pytest.mark.slow


def trained(version: str = "20260105T030000Z", **changes: Any) -> TrainingSummary:
    found = {
        "version": version,
        "sha256": version.lower() * 4,
        "model_id": "m",
        "model_file": f"s3://bucket/models/{version}/m.zip",
        "feature_set": {"name": "tutorial", "fingerprint": "abc"},
        "features": ["a", "b", "c"],
        "threshold": 0.1 + 0.2,
        "false_positive_budget": 0.01,
        "metrics": {"auc": 0.9, "families": {"necurs": {"recall": 0.5, "rows": 30}}},
        "test_metrics": {"auc": 0.91, "recall": 0.6},
        "rows": {"train": 800, "valid": 100, "test": 100},
        "dataset": {"sha256": "d" * 64, "legit": 500},
        "seconds": {"train": 1.25},
        "run_id": "manual__2026-01-05T03:00:00+00:00",
        "dag_id": "a_dag",
        **changes,
    }
    return TrainingSummary.of(found)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> TrackingServer:
    """Keep a history in a file; its tables take seconds to make."""
    return TrackingServer.in_file(tmp_path_factory.mktemp("history") / "deep" / "mlflow.db")


@pytest.fixture
def history(server: TrackingServer, request: pytest.FixtureRequest) -> ModelHistory:
    return ModelHistory(server, request.node.name)


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in ("mlflow", "alembic")}

    def ours() -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if "MLFLOW" in name or "TRACK" in name}

    before = ours()
    yield
    assert ours() == before
    assert {name: logging.getLogger(name).level for name in levels} == levels


def test_a_training_is_a_run_and_a_version_with_its_facts(history: ModelHistory) -> None:
    entry = history.record(trained(), {"summary.json": '{"a": 1}'})
    assert (entry.number, entry.version, entry.link) == (1, "20260105T030000Z", None)
    assert entry.model_file == "s3://bucket/models/20260105T030000Z/m.zip"
    with history.server.client() as client:
        run = client.get_run(entry.run_id)
        [version] = client.search_model_versions(f"name = '{history.name}'")
        files = [file.path for file in client.list_artifacts(entry.run_id)]
    assert run.info.status == "FINISHED"
    assert run.data.metrics["test_auc"] == 0.91
    assert run.data.metrics["valid_auc"] == 0.9
    assert run.data.metrics["threshold"] == 0.1 + 0.2
    assert run.data.metrics["seconds_train"] == 1.25
    assert run.data.params["dataset_sha256"] == "d" * 64
    assert run.data.params["feature_set_fingerprint"] == "abc"
    assert run.data.params["rows_train"] == "800"
    assert version.run_id == entry.run_id
    assert version.tags == {
        "version": "20260105T030000Z",
        "sha256": trained().sha256,
        "model_file": "s3://bucket/models/20260105T030000Z/m.zip",
        "feature_set": "tutorial",
        "fingerprint": "abc",
        "dataset_sha256": "d" * 64,
        "threshold": "0.30000000000000004",
        "dag_id": "a_dag",
        "airflow_run_id": "manual__2026-01-05T03:00:00+00:00",
    }
    assert files == ["summary.json"]


def test_the_same_training_is_recorded_once(history: ModelHistory) -> None:
    first = history.record(trained())
    assert history.record(trained()) == first
    # the same version of another training run: other bytes
    second = history.record(trained(sha256="f" * 64))
    assert second.number == 2
    with history.server.client() as client:
        experiment = client.get_experiment_by_name(history.name)
        assert len(client.search_runs([experiment.experiment_id])) == 2
        assert len(client.search_model_versions(f"name = '{history.name}'")) == 2


def test_an_attempt_that_was_cut_off_is_completed(
    history: ModelHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    def cut(*arguments: Any, **named: Any) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "create_model_version", cut)
        with pytest.raises(SystemExit):
            history.record(trained())
    entry = history.record(trained())
    with history.server.client() as client:
        experiment = client.get_experiment_by_name(history.name)
        [run] = client.search_runs([experiment.experiment_id])
        assert len(client.get_metric_history(run.info.run_id, "test_auc")) == 1
    assert run.info.run_id == entry.run_id


def test_roles_move_and_are_found(history: ModelHistory) -> None:
    assert history.holder("champion") is None
    old, new = history.record(trained()), history.record(trained("20260112T030000Z"))
    assert history.holder("champion") is None
    assert history.give("champion", old)
    assert not history.give("champion", old)
    assert history.give("challenger", new)
    assert (history.holder("champion"), history.holder("challenger")) == (old, new)
    assert history.give("champion", new)
    assert (history.holder("champion"), history.holder("challenger")) == (new, None)
    history.take("champion")
    history.take("champion")
    assert history.holder("champion") is None


def test_a_version_is_found_by_version_and_bytes(history: ModelHistory) -> None:
    entry = history.record(trained())
    assert history.find(entry.version, entry.sha256) == entry
    assert history.find(entry.version, "0" * 64) is None
    with pytest.raises(HistoryConfigError, match="cannot be looked up"):
        history.find("x' or name = 'y", entry.sha256)


def record_one(server: TrackingServer, version: str) -> None:
    ModelHistory(server, "shared").record(trained(version))


def test_two_processes_make_the_file_and_write_to_it(tmp_path: Path) -> None:
    server = TrackingServer.in_file(tmp_path / "mlflow.db")
    start = multiprocessing.get_context("spawn")
    both = [start.Process(target=record_one, args=(server, f"2026010{day}T030000Z")) for day in (5, 6)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    with server.client() as client:
        assert len(client.search_model_versions("name = 'shared'")) == 2


def test_a_turn_that_never_comes_is_an_error_that_says_so(server: TrackingServer) -> None:
    hasty = dataclasses.replace(server, timeout=1)
    with (server.file or Path()).with_name("mlflow.db.lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(HistoryError, match="Another process is writing to the model history"):
            ModelHistory(hasty, "m").record(trained())


def test_a_file_that_stays_locked_is_an_error_that_says_so(server: TrackingServer) -> None:
    history = ModelHistory(server, "locked")
    history.record(trained())
    other = sqlite3.connect(server.file or "")
    other.execute("begin exclusive")
    try:
        with pytest.raises(HistoryError, match="Another process is writing to the model history") as caught:
            history.record(trained("20260112T030000Z"))
    finally:
        other.rollback()
        other.close()
    assert not isinstance(caught.value, HistoryConfigError)
    assert history.record(trained("20260112T030000Z")).number == 2


def test_a_server_that_is_not_there(dead_port: int) -> None:
    server = TrackingServer(f"http://127.0.0.1:{dead_port}", username="u", password="sesame", retries=0)
    with pytest.raises(HistoryError, match="cannot be used") as caught:
        ModelHistory(server, "m").record(trained())
    assert "sesame" not in str(caught.value)
    assert "sesame" not in repr(server)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///srv/a%20b", "/srv/a b"),
        ("/srv/models", "/srv/models"),
        ("s3://bucket/models", None),
        ("https://example.com/models", None),
    ],
)
def test_only_a_local_disk_has_a_path(uri: str, path: str | None) -> None:
    assert local_path(uri) == (Path(path) if path else None)
