from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_provider_devo_dga.client.model_manager import RegisteredModel
from airflow_provider_devo_dga.errors import DevoResultError
from airflow_provider_devo_dga.features.dga import PLAIN_FEATURES, TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.linq import HostSource
from airflow_provider_devo_dga.provenance import Provenance
from airflow_provider_devo_dga.scoring import scoring_plan

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
    with pytest.raises(DevoResultError, match="train it again"):
        scoring_plan(replace(MODEL, description=old.describe("x")), SOURCE, devo_domain="self")
