"""GateModelOperator fails once, with every reason, and tells those who approve what there is to know."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.hooks.mlflow import MLflowHook
from airflow_provider_devo_dga.models.summary import SUMMARY, TrainingSummary
from airflow_provider_devo_dga.operators.gate_model import GateModelOperator
from airflow_provider_devo_dga.promotion.plain_names import reasons_of_plain_names
from tests.last_line import last_line

VERSION, CHAMPION = "20260112T030000Z", "20260105T030000Z"
COMPARISON = {
    "budget": 0.01,
    "rows": 1000,
    "recall": 0.7,
    "other_recall": 0.6,
    "false_positive_rate": 0.011,
    "other_false_positive_rate": 0.009,
    "families": [{"name": "necurs", "rows": 30, "recall": 0.5, "other_recall": 0.55}],
}
TRAINED: dict[str, Any] = {
    "version": VERSION,
    "sha256": "n" * 64,
    "model_file": "file:///models/m.zip",
    "feature_set": {"name": "tutorial", "fingerprint": "f"},
    "test_metrics": {"auc": 0.95, "recall": 0.7, "false_positive_rate": 0.011},
    "rows": {"train": 8000, "valid": 1000, "test": 1000},
    "evaluation": {"comparisons": [{"kind": "champion", "name": CHAMPION, "head_to_head": COMPARISON}]},
}


@pytest.fixture
def trained(glm_mojo: Any, tmp_path: Path) -> Callable[[float], dict[str, Any]]:
    """Return a maker of trainings whose model flags long labels, or with a weight below 0 short ones."""

    def made(weight: float) -> dict[str, Any]:
        file = tmp_path / "m.zip"
        content = glm_mojo(TUTORIAL_FEATURES.names, {"length": weight}, -15.5 * weight)
        file.write_bytes(content)
        told = TRAINED | {"sha256": sha256(content).hexdigest(), "model_file": file.as_uri()}
        told["feature_set"] = TUTORIAL_FEATURES.to_dict()
        file.with_suffix(".json").write_bytes(SUMMARY.write(TrainingSummary.of(told)))
        return told

    return made


def operator(**changes: Any) -> GateModelOperator:
    champion = {"version": CHAMPION, "sha256": "c" * 64, "reason": None}
    arguments = {"trained": TRAINED, "name": "m", "champion": champion}
    return GateModelOperator(task_id="gate", **(arguments | changes))


@pytest.mark.slow
def test_a_better_model_passes_and_its_figures_are_told(
    context: Any, trained: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    told = operator(trained=trained(4.0)).execute(context)
    assert (told["version"], told["champion"]) == (VERSION, CHAMPION)
    assert "| recall | 70.00% | 60.00% |" in told["summary"]
    assert "| family necurs (30) | 50.00% | 55.00% |" in told["summary"]
    assert f"Version {VERSION} passes the gate: AUC 0.9" in last_line(capsys)


@pytest.mark.slow
def test_the_first_model_passes_alone_and_says_so(
    context: Any, trained: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    told = operator(trained=trained(4.0), champion=None).execute(context)
    assert told["champion"] is None
    assert "compared with no champion" in told["summary"]
    assert "There is no champion to compare with" in capsys.readouterr().out


@pytest.mark.slow
def test_a_model_of_exchanged_classes_is_refused_whatever_its_figures(context: Any, trained: Any) -> None:
    with pytest.raises(AirflowFailException, match=r"flags 40 of 40 well-known names, such as goo"):
        operator(trained=trained(-4.0)).execute(context)


@pytest.mark.slow
def test_a_model_that_was_trained_answers_plain_names_rightly(tiny_mojo: Path, tiny_features: Any) -> None:
    assert reasons_of_plain_names(tiny_mojo, tiny_features) == []


def test_a_model_that_is_not_there_cannot_be_asked(context: Any) -> None:
    with pytest.raises(MojoExportError, match="There is no model file"):
        operator().execute(context)


def test_every_reason_is_in_the_error_that_is_not_retried(context: Any) -> None:
    with pytest.raises(AirflowFailException) as caught:
        operator(min_auc="0.99", min_rows=2000, max_family_loss=0.01).execute(context)
    for reason in ("AUC is 0.95", "held-out names is 1000", "is on 1000 names, less than 2000"):
        assert reason in str(caught.value)


@pytest.mark.slow
def test_the_verdict_is_kept_in_the_history(context: Any, trained: Any, tmp_path: Path) -> None:
    history = MLflowHook(history_dir=str(tmp_path)).history("m")
    assert history is not None
    good = trained(4.0)
    entry = history.record(TrainingSummary.of(good))

    def tags() -> dict[str, str]:
        with history.server.client() as client:
            found: dict[str, str] = client.get_run(entry.run_id).data.tags
            return found

    with pytest.raises(AirflowFailException):
        operator(trained=good, min_auc=0.99, history_dir=str(tmp_path)).execute(context)
    assert (tags()["gate"], "AUC is 0.95" in tags()["gate_reasons"]) == ("refused", True)
    operator(trained=good, history_dir=str(tmp_path)).execute(context)
    assert tags()["gate"] == "passed"


@pytest.mark.slow
def test_a_history_that_is_away_does_not_hide_the_verdict(
    context: Any, dead_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_AWAY", f'{{"conn_type": "mlflow", "host": "http://127.0.0.1:{dead_port}"}}'
    )
    with pytest.raises(AirflowFailException, match="AUC is"):
        operator(min_auc=0.99, mlflow_conn_id="away").execute(context)
    assert "is not in the model history" in capsys.readouterr().out
