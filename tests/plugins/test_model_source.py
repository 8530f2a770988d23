"""What the page says of models when the history is there, is not, or cannot be used."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from airflow_provider_devo_dga.errors import HistoryError
from airflow_provider_devo_dga.history.model_history import ModelHistory
from airflow_provider_devo_dga.history.tracking_server import TrackingServer
from airflow_provider_devo_dga.plugins.model_source import Models, ModelSource
from tests.plugins.stored_reports import CHALLENGER, CHAMPION, FORMER, put_history
from tests.waiting import SOON

NAME = "dga_classifier"
_PASSWORD = "sesame-open"


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRFLOW__DEVO_DGA__HISTORY_DIR", "AIRFLOW__DEVO_DGA__MLFLOW_CONN_ID"):
        monkeypatch.delenv(name, raising=False)


def told(source: ModelSource, name: str = NAME) -> Models:
    """Ask again while the answer is late; the first use of MLflow takes seconds."""
    for _ in range(30):
        found = source.models(name)
        if "not answered yet" not in (found.notice or ""):
            return found
    raise AssertionError("no answer")


def test_without_a_history_it_says_how_to_keep_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVO_DGA_HISTORY", "")
    assert "No model history is kept" in str(told(ModelSource()).notice)


def test_without_mlflow_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEVO_DGA_HISTORY", tmp_path.as_uri())
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert "install the extra" in str(told(ModelSource()).notice)


def test_a_file_that_is_not_there_is_not_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEVO_DGA_HISTORY", (tmp_path / "deep").as_uri())
    assert "has been recorded" in str(told(ModelSource()).notice)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_file_that_is_no_history_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"no database at all, but longer than a header of SQLite" * 9)
    monkeypatch.setenv("AIRFLOW__DEVO_DGA__HISTORY_DIR", tmp_path.as_uri())
    found = told(ModelSource())
    assert found == Models(notice="The model history cannot be read now; the log of the API server says why.")
    assert "shows no models" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("connection", ["mlflow_dead", "mlflow_that_nobody_defined"])
def test_a_server_that_cannot_be_used_is_a_sentence_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
    airflow_database: None,
    dead_port: int,
    caplog: pytest.LogCaptureFixture,
    connection: str,
) -> None:
    defined = {
        "conn_type": "mlflow",
        "host": f"http://127.0.0.1:{dead_port}",
        "login": "u",
        "password": _PASSWORD,
    }
    monkeypatch.setenv("AIRFLOW_CONN_MLFLOW_DEAD", json.dumps(defined))
    monkeypatch.setenv("AIRFLOW__DEVO_DGA__MLFLOW_CONN_ID", connection)
    source = ModelSource()
    began = time.monotonic()
    source.models(NAME)
    assert time.monotonic() - began < SOON, "a page waits for four seconds at most"
    found = told(source)
    assert found.known == ()
    assert "cannot be read now" in str(found.notice)
    assert str(dead_port) not in str(found.notice)
    assert _PASSWORD not in caplog.text


@pytest.mark.slow
def test_roles_and_figures_come_from_the_history(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEVO_DGA_HISTORY", tmp_path.as_uri())
    put_history(tmp_path)
    source = ModelSource()
    known = told(source).known
    assert [(model.version, model.roles, model.gate) for model in known] == [
        (CHALLENGER, ("challenger",), "refused"),
        (CHAMPION, ("champion",), "passed"),
        (FORMER, (), "passed"),
    ]
    champion = known[1]
    assert (champion.threshold, champion.recall, champion.false_positive_rate) == (0.8312, 0.934, 0.0098)
    assert champion.trained_at is not None
    assert f"{champion.trained_at:%Y%m%dT%H%M%SZ}" == CHAMPION
    assert "has been recorded" in str(told(source, "another_model").notice)
    # a role is found however old the version is
    history = ModelHistory(TrackingServer.in_file(tmp_path / "mlflow.db"), NAME)
    entry = history.find(FORMER, FORMER.lower() * 4)
    assert entry is not None
    history.give("champion", entry)
    from airflow_provider_devo_dga.history.known_models import known_models

    assert [(model.version, model.roles) for model in known_models(history, 1)] == [
        (CHALLENGER, ("challenger",)),
        (FORMER, ("champion",)),
    ]
    (tmp_path / "mlflow.db").unlink()
    assert told(source).known == known, "an answer is kept for a minute"
    with pytest.raises(HistoryError):
        known_models(ModelHistory(TrackingServer("http://127.0.0.1:1", retries=0), NAME), 1)
