"""RegisterModelOperator refuses what is not the trained model before anything is sent."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Asset

from airflow_provider_devo_dga.errors import (
    DevoPermanentError,
    FeatureError,
    ModelAlreadyExistsError,
    MojoExportError,
)
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.linq import HostSource
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.scoring_plan import scoring_plan
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from tests.last_line import last_line

pytestmark = pytest.mark.usefixtures("devo_connections")
MODEL = Asset(name="a_model", uri="devo-mlmm://self/a_model")


@pytest.fixture
def file(glm_mojo: Any, tmp_path: Path) -> Path:
    path = tmp_path / "model.zip"
    path.write_bytes(glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 1.0}, -3.0))
    return path


def trained(file: Path, **changes: Any) -> dict[str, Any]:
    return {
        "version": "20260105T030000Z",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "model_file": file.as_uri(),
        "feature_set": {"name": "tutorial", "fingerprint": TUTORIAL_FEATURES.fingerprint},
        "threshold": 0.1 + 0.2,
        "metrics": {"auc": 0.9, "false_positive_rate": 0.011},
        "test_metrics": {"auc": 0.91, "false_positive_rate": 0.012},
        "rows": {"train": 800, "valid": 100, "test": 100},
        "run_id": "manual__2026-01-05T03:00:00+00:00",
        **changes,
    }


def operator(file: Path, name: str, **changes: Any) -> RegisterModelOperator:
    return RegisterModelOperator(task_id="register", name=name, model_file=file.as_uri(), **changes)


@pytest.mark.slow
def test_the_model_its_facts_and_the_asset_event(
    devo: Any, context: Any, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = operator(file, "facts", description="A model", trained=trained(file), outlets=[MODEL])
    told = task.execute(context)
    model = MLModelManagerHook().get_model("facts", with_image=True)
    assert model.image == file.read_bytes()
    assert told["sha256"] == trained(file)["sha256"]
    assert f"Model 'facts' is registered and read back: {told['bytes']} bytes" in last_line(capsys)
    assert told["fields"] == list(TUTORIAL_FEATURES.names)
    assert model.description.startswith("A model [version=20260105T030000Z; ")
    assert Provenance.of_description(model.description) == Provenance.of_training(
        TrainingSummary.of(trained(file))
    )
    assert context["outlet_events"][MODEL].extra == {
        "name": "facts",
        "sha256": trained(file)["sha256"],
        "bytes": file.stat().st_size,
        "version": "20260105T030000Z",
        "threshold": 0.1 + 0.2,
        "auc": 0.91,
        "train_rows": 800,
    }


@pytest.mark.slow
def test_a_retry_after_success_sends_nothing(devo: Any, context: Any, file: Path) -> None:
    first = operator(file, "again", trained=trained(file)).execute(context)
    assert operator(file, "again", trained=trained(file)).execute(context) == first
    assert len(devo.asked(path="upload")) == 1


@pytest.mark.slow
def test_another_model_is_replaced_only_when_asked(
    devo: Any, context: Any, file: Path, glm_mojo: Any
) -> None:
    operator(file, "taken").execute(context)
    former = file.read_bytes()
    file.write_bytes(glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 2.0}, -3.0))
    with pytest.raises(ModelAlreadyExistsError, match="choose another name or if_exists='replace'"):
        operator(file, "taken").execute(context)
    assert MLModelManagerHook().get_model("taken", with_image=True).image == former
    operator(file, "taken", if_exists="replace").execute(context)
    assert MLModelManagerHook().get_model("taken", with_image=True).image == file.read_bytes()


@pytest.mark.slow
def test_a_plain_path_is_a_model_file_too(devo: Any, context: Any, file: Path) -> None:
    task = RegisterModelOperator(task_id="register", name="plain", model_file=str(file))
    assert task.execute(context)["name"] == "plain"


@pytest.mark.slow
def test_the_strict_file_is_registered_with_its_own_threshold(
    devo: Any, context: Any, file: Path, glm_mojo: Any, tmp_path: Path
) -> None:
    mine = FeatureSet("mine", TUTORIAL_FEATURES.features[:2])  # only the summary says what it means
    file.write_bytes(glm_mojo(mine.names, {"entropy": 1.0}, -3.0))
    made = tmp_path / "strict.zip"
    made.write_bytes(glm_mojo(mine.names, {"entropy": 1.0}, -3.0, threshold=0.9))
    strict = {"budget": 0.001, "threshold": 0.9, "false_positive_rate": 0.0009, "recall": 0.7}
    strict["sha256"] = hashlib.sha256(made.read_bytes()).hexdigest()
    models = tmp_path / "models"
    told = ModelStore(models).publish(
        TrainingSummary.of(trained(file, feature_set=mine.to_dict(), strict=strict)),
        "dga_classifier",
        file,
        strict=made,
        card=None,
    )
    assert told.strict is not None
    RegisterModelOperator(
        task_id="register", name="strict", model_file=told.strict.model_file, trained=told.short()
    ).execute(context)
    plan = scoring_plan(
        MLModelManagerHook().get_model("strict"),
        HostSource("my.dns.t", "host", "client", "host"),
        devo_domain="self",
        models_dir=models,
    )
    assert (plan.threshold, plan.false_positive_rate, plan.sha256) == (0.9, 0.0009, strict["sha256"])
    assert (plan.version, plan.feature_set) == (told.version, "mine")


def spoil(file: Path, way: str) -> None:
    match way:
        case "missing":
            file.unlink()
        case "folder":
            file.unlink()
            file.mkdir()
        case "text":
            file.write_text("not a MOJO")
        case "cut":
            file.write_bytes(file.read_bytes()[:200])
        case "classes":
            content = file.read_bytes()
            with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
                new.writestr("model.ini", old.read("model.ini"))
                new.writestr("domains/d000.txt", "legit\ndga\n")
        case "other":
            file.write_bytes(file.read_bytes() + b"\0")


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("missing", "no model file at"),
        ("folder", "no model file at"),
        ("text", "not a zip file"),
        ("cut", "not a zip file"),
        ("other", "is not the file that was trained"),
        ("classes", "those of a detector are '0', '1'"),
    ],
)
def test_what_is_not_the_trained_model_is_never_sent(
    devo: Any, context: Any, file: Path, way: str, reason: str
) -> None:
    facts = trained(file)
    spoil(file, way)
    task = operator(file, "never", trained=facts, outlets=[MODEL])
    with pytest.raises(MojoExportError, match=reason):
        task.execute(context)
    assert devo.asked() == []
    assert context["outlet_events"][MODEL].extra == {}


def test_an_unknown_way_to_meet_another_model_is_refused(devo: Any, context: Any, file: Path) -> None:
    with pytest.raises(DevoPermanentError, match="must be 'fail' or 'replace', not 'attach'"):
        operator(file, "never", if_exists="attach").execute(context)


def test_a_hostile_name_is_never_sent(devo: Any, context: Any, file: Path) -> None:
    with pytest.raises(FeatureError, match="not a usable model name"):
        operator(file, 'a"b/../c').execute(context)
    assert devo.asked() == []
