from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.summary import TrainingSummary

FULL = Provenance(
    version="20260101T030000Z",
    sha256="a" * 64,
    feature_set="dga",
    fingerprint="8a0efdc77b3f",
    threshold=0.7787561234567891,
    false_positive_rate=0.0098,
    auc=0.9877,
    train_rows=18569,
    run_id="manual__2026-01-01T03:00:00+00:00",
    summary="20260101T030000Z/dga_classifier.json",
)


def test_a_description_brings_everything_back_exactly() -> None:
    assert Provenance.of_description(FULL.describe("DGA classifier [v2]; ours")) == FULL


def test_what_is_not_known_stays_unknown() -> None:
    unknown = ("threshold", "false_positive_rate", "auc", "train_rows", "run_id", "summary")
    few = replace(FULL, **dict.fromkeys(unknown))
    assert Provenance.of_description(few.describe("x")) == few


@pytest.mark.parametrize("description", ["", "DGA classifier", "[version=1]", "a=b [c=d; e=f]"])
def test_other_descriptions_say_nothing(description: str) -> None:
    assert Provenance.of_description(description) is None


def test_values_cannot_add_facts() -> None:
    sly = replace(FULL, run_id="x; threshold=0.1]")
    assert Provenance.of_description(sly.describe("x")) == replace(FULL, run_id="x_ threshold_0.1_")


def test_the_test_part_counts_before_the_validation_part() -> None:
    trained = TrainingSummary.of(
        {
            "version": "v",
            "model_file": "m.zip",
            "sha256": "s",
            "feature_set": {"name": "dga", "fingerprint": "f"},
            "threshold": 0.5,
            "metrics": {"auc": 0.9, "false_positive_rate": 0.01},
            "test_metrics": {"auc": 0.8, "false_positive_rate": 0.02},
            "rows": {"train": 10},
            "run_id": "r",
            "summary": "v/m.json",
        }
    )
    found = Provenance.of_training(trained)
    assert (found.auc, found.false_positive_rate, found.train_rows) == (0.8, 0.02, 10)
    assert found.summary == "v/m.json"
