from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from string import ascii_lowercase

import pytest

from airflow_provider_devo_dga.devo_api.model_manager import RegisteredModel
from airflow_provider_devo_dga.errors import DevoPermanentError, DevoResultError, FeatureError
from airflow_provider_devo_dga.features.dga import DGA_RECIPE, PLAIN_FEATURES, TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.linq import HostSource, scoring_query
from airflow_provider_devo_dga.features.recipe import LabelledName
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.scoring_plan import scoring_plan

TOLD = {"version": "v1", "sha256": "a" * 64, "model_file": "m.zip"}
SOURCE = HostSource("demo.ecommerce.data", "referralUri", "clientIpAddress")
PROVENANCE = Provenance("v1", "a" * 64, "tutorial", TUTORIAL_FEATURES.fingerprint, 0.6, 0.01)
MODEL = RegisteredModel(
    "m", "H2O", PROVENANCE.describe("x"), "Binomial", "str", TUTORIAL_FEATURES.names, image_size=1
)


def test_the_plan_takes_model_and_threshold_from_the_registry() -> None:
    plan = scoring_plan(MODEL, SOURCE, devo_domain="self")
    assert (plan.feature_set, plan.version, plan.threshold, plan.false_positive_rate) == (
        "tutorial",
        "v1",
        0.6,
        0.01,
    )
    assert 'mlevalmodel("self", "m"' in plan.query


def test_a_model_without_provenance_is_recognised_by_its_inputs() -> None:
    plan = scoring_plan(
        replace(MODEL, description="by hand", fields=PLAIN_FEATURES.names), SOURCE, devo_domain="self"
    )
    assert (plan.feature_set, plan.version, plan.threshold) == ("dga_plain", None, None)


def test_inputs_of_no_feature_set_are_refused() -> None:
    with pytest.raises(DevoResultError, match="which is no feature set here"):
        scoring_plan(replace(MODEL, fields=("length", "vowels")), SOURCE, devo_domain="self")


def test_inputs_in_another_order_are_refused() -> None:
    with pytest.raises(DevoResultError, match="no feature set"):
        scoring_plan(replace(MODEL, fields=TUTORIAL_FEATURES.names[::-1]), SOURCE, devo_domain="self")


def test_an_earlier_meaning_of_the_features_is_refused() -> None:
    old = replace(PROVENANCE, fingerprint="000000000000")
    with pytest.raises(FeatureError, match="train the model again"):
        scoring_plan(replace(MODEL, description=old.describe("x")), SOURCE, devo_domain="self")


# What a model has learned


LEARNED = DGA_RECIPE.learn(
    [LabelledName(f"{first}{second}ab", first == "x") for first in "abcdexyz" for second in ascii_lowercase]
    * 10
)


@pytest.fixture
def learned(tmp_path: Path) -> RegisteredModel:
    """Return a model on the default set, whose summary lies below ``tmp_path``."""
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1" / "m.json").write_text(json.dumps(TOLD | {"feature_set": LEARNED.to_dict()}))
    provenance = replace(PROVENANCE, feature_set="dga", fingerprint=LEARNED.fingerprint, summary="v1/m.json")
    return replace(MODEL, description=provenance.describe("x"), fields=LEARNED.names)


def test_what_was_learned_is_read_from_the_summary(learned: RegisteredModel, tmp_path: Path) -> None:
    plan = scoring_plan(learned, SOURCE, devo_domain="self", models_dir=tmp_path)
    assert plan.feature_set == "dga"
    assert plan.query == scoring_query(LEARNED, SOURCE, devo_domain="self", model="m")
    assert "subsall(" in plan.query


def test_a_summary_that_is_gone_is_told(learned: RegisteredModel, tmp_path: Path) -> None:
    (tmp_path / "v1" / "m.json").unlink()
    with pytest.raises(FeatureError, match=r"no summary of the model at .*v1/m\.json.*train the model again"):
        scoring_plan(learned, SOURCE, devo_domain="self", models_dir=tmp_path)


def test_without_a_folder_the_place_is_told(learned: RegisteredModel) -> None:
    with pytest.raises(FeatureError, match=r"in its summary, v1/m\.json: say in which folder"):
        scoring_plan(learned, SOURCE, devo_domain="self")


def test_the_summary_of_another_training_is_refused(learned: RegisteredModel, tmp_path: Path) -> None:
    rows = [
        LabelledName(f"{first}{second}cd", first == "x") for first in "abxyz" for second in ascii_lowercase
    ]
    other = DGA_RECIPE.learn(rows * 10)
    assert other.names == LEARNED.names
    (tmp_path / "v1" / "m.json").write_text(json.dumps(TOLD | {"feature_set": other.to_dict()}))
    with pytest.raises(FeatureError, match="holds other features"):
        scoring_plan(learned, SOURCE, devo_domain="self", models_dir=tmp_path)


@pytest.mark.parametrize(
    "place", ["../v1/m.json", "/v1/m.json", "v1/../m.json", "v1/m.txt", "file:///v1/m.json", ""]
)
def test_a_description_does_not_lead_out_of_the_folder(
    learned: RegisteredModel, tmp_path: Path, place: str
) -> None:
    provenance = replace(PROVENANCE, fingerprint=LEARNED.fingerprint, summary=place)
    model = replace(learned, description=provenance.describe("x"))
    with pytest.raises(DevoPermanentError, match="no place of a summary, <version>/<name>"):
        scoring_plan(model, SOURCE, devo_domain="self", models_dir=tmp_path)


def test_a_model_on_a_plain_set_needs_no_summary(tmp_path: Path) -> None:
    provenance = replace(PROVENANCE, summary="v1/gone.json")
    plan = scoring_plan(
        replace(MODEL, description=provenance.describe("x")), SOURCE, devo_domain="self", models_dir=tmp_path
    )
    assert plan.feature_set == "tutorial"
