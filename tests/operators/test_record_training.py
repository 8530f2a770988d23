"""RecordTrainingOperator keeps a training once, and nothing where no history is wanted."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.hooks.mlflow import MLflowHook
from airflow_provider_devo_dga.operators.record_training import RecordTrainingOperator

TRAINED = {
    "version": "20260105T030000Z",
    "sha256": "a" * 64,
    "model_file": "file:///models/m.zip",
    "feature_set": {"name": "tutorial", "fingerprint": "f"},
    "metrics": {"auc": 0.9},
}


def operator(**changes: Any) -> RecordTrainingOperator:
    return RecordTrainingOperator(task_id="record", **({"trained": TRAINED, "name": "m"} | changes))


@pytest.mark.slow
def test_a_training_becomes_the_challenger_with_its_card(context: Any, tmp_path: Path) -> None:
    card = tmp_path / "model_card.html"
    card.write_text("<h1>card</h1>")
    task = operator(trained=TRAINED | {"model_card": card.as_uri()}, history_dir=tmp_path.as_uri())
    told = task.execute(context)
    assert told is not None
    assert (told["number"], told["version"], told["link"]) == (1, "20260105T030000Z", None)
    assert task.execute(context) == told
    history = MLflowHook(history_dir=tmp_path.as_uri()).history("m")
    assert history is not None
    assert asdict(history.holder("challenger")) == told
    with history.server.client() as client:
        assert sorted(file.path for file in client.list_artifacts(told["run_id"])) == [
            "model_card.html",
            "summary.json",
        ]
        assert client.get_run(told["run_id"]).data.tags["dag_id"] == "a_dag"
    # once in service it does not become its own challenger
    history.give("champion", history.holder("challenger"))
    task.execute(context)
    assert history.holder("challenger") is None


def test_without_a_history_nothing_is_done(context: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert operator().execute(context) is None
    assert "No model history" in capsys.readouterr().out
