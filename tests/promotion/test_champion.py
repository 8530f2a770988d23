"""Who serves is told by what Devo holds; what cannot be compared with says why."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.devo_api.model_manager import RegisteredModel
from airflow_provider_devo_dga.errors import FeatureError, ModelNotFoundError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.meaning import known_meaning
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.replacement import FormerModel, Replacement
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.promotion.champion import champion_of
from airflow_provider_devo_dga.promotion.rollback import version_to_put_back

VERSION = "20260105T030000Z"
# a set that does not ship: only the summary knows it
MINE = FeatureSet("mine", TUTORIAL_FEATURES.features[:2])
IMAGE = b"the model"
SHA256 = hashlib.sha256(IMAGE).hexdigest()


def provenance(**changes: Any) -> Provenance:
    facts = {
        "version": VERSION,
        "sha256": SHA256,
        "feature_set": "mine",
        "fingerprint": MINE.fingerprint,
        "summary": f"{VERSION}/m.json",
    }
    return Provenance(**(facts | changes))


def serving(description: str | None = None, image: bytes = IMAGE) -> RegisteredModel:
    told = provenance().describe("A model") if description is None else description
    return RegisteredModel("m", "H2O", told, "", "", (), len(image), image)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Return a folder with the one version."""
    write(tmp_path / VERSION, SHA256)
    return tmp_path


def write(folder: Path, sha256: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "m.zip").write_bytes(IMAGE)
    facts = {
        "version": VERSION,
        "sha256": sha256,
        "model_file": "wherever it was trained",
        "feature_set": MINE.to_dict(),
        "baseline": {"long": "text"},
    }
    (folder / "m.json").write_text(json.dumps(facts))


def test_a_known_model_can_be_compared_with(models: Path) -> None:
    assert champion_of(serving(), models) == {
        "version": VERSION,
        "sha256": SHA256,
        "description": serving().description,
        "reason": None,
    }


def test_nothing_serves_yet(models: Path) -> None:
    assert champion_of(None, models) is None


def test_a_file_that_has_gone_is_put_back_from_devo(models: Path) -> None:
    (models / VERSION / "m.zip").unlink()
    told = champion_of(serving(), models)
    assert told is not None
    assert told["reason"] is None
    assert (models / VERSION / "m.zip").read_bytes() == IMAGE


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (serving("made by hand"), "does not say which version"),
        (serving(image=b"another"), "holds another file"),
        (serving(provenance(version="20250101T000000Z").describe("x")), "is not in"),
        (serving(provenance(version="..").describe("x")), "is not a version"),
    ],
)
def test_what_cannot_be_compared_with_says_why(models: Path, model: RegisteredModel, reason: str) -> None:
    told = champion_of(model, models)
    assert told is not None
    assert reason in told["reason"]


def test_a_folder_with_another_training_is_not_taken_for_it(models: Path) -> None:
    write(models / VERSION, "f" * 64)
    told = champion_of(serving(), models)
    assert told is not None
    assert "holds another training" in told["reason"]


def replaced(models: Path, held: RegisteredModel) -> tuple[ModelStore[Path], FormerModel]:
    store = ModelStore(models)
    former = store.keep(held)
    store.finish(Replacement("m", "n" * 64, "20260112T030000Z", former))
    return store, former


def test_the_former_model_keeps_its_meaning_when_its_version_is_trained_anew(models: Path) -> None:
    store, former = replaced(models, serving())
    write(models / VERSION, "f" * 64)
    found = version_to_put_back(store, "m", None)
    assert found["model_file"] == former.file
    assert found["feature_set"] == {"name": "mine", "fingerprint": MINE.fingerprint}
    assert "baseline" not in found
    told = Provenance.of_training(TrainingSummary.of(found))
    assert told.summary == f"former/{SHA256}.json"
    assert known_meaning(provenance(summary=told.summary), store) == MINE
    # asked for by its version it is the one that served, too
    assert version_to_put_back(store, "m", VERSION) == found


def test_a_former_model_of_unknown_origin_cannot_be_verified(models: Path) -> None:
    store, _ = replaced(models, serving("made by hand"))
    with pytest.raises(ModelNotFoundError, match="was not registered by this provider"):
        version_to_put_back(store, "m", None)


def test_features_that_are_not_those_of_the_model_are_refused(models: Path) -> None:
    store = ModelStore(models)
    with pytest.raises(FeatureError, match="holds other features"):
        known_meaning(provenance(fingerprint="another"), store)
    with pytest.raises(FeatureError, match="no summary is named"):
        known_meaning(provenance(summary=None), store)


def test_a_torn_file_of_a_former_model_is_kept_anew(models: Path) -> None:
    store, former = replaced(models, serving())
    Path(former.file).write_bytes(b"half")
    store.keep(serving())
    assert store.content(former) == IMAGE
