"""Why a model flagged a name: what its trees say, in words; and what is said when they cannot be asked."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.drift.baseline import Baseline, Bins
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.models.mojo import file_sha256
from airflow_provider_devo_dga.models.mojo_scoring import contributions, score_mojo
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.models.summary import SUMMARY, Features, TrainingSummary
from airflow_provider_devo_dga.reasons import ServingModel, usual_values
from tests.gbm_mojo import Stump, gbm_mojo

VERSION, PLACE = "20260101T030000Z", "20260101T030000Z/dga_classifier.json"
STUMPS = {
    "length": Stump(split=10, below=-1, above=2),
    "entropy": Stump(split=2.5, below=-0.2, above=0.2),
    "vowel_proportion": Stump(split=0.2, below=3, above=-1),
}
BINS = {
    "length": Bins((5, 8, 11), (0.3, 0.3, 0.3, 0.1)),
    "entropy": Bins((2.0, 2.6), (0.2, 0.5, 0.3)),
    "vowel_proportion": Bins((0.25, 0.5), (0.3, 0.5, 0.2)),
}


def published(folder: Path, **changes: Any) -> ModelStore[Path]:
    (folder / VERSION).mkdir(parents=True)
    model = folder / VERSION / "dga_classifier.zip"
    model.write_bytes(gbm_mojo(TUTORIAL_FEATURES.names, STUMPS))
    trained = TrainingSummary(
        version=VERSION,
        sha256=file_sha256(model),
        model_file=str(model),
        feature_set=Features(**TUTORIAL_FEATURES.to_dict()),
        baseline=dataclasses.asdict(Baseline(100, BINS)),
    )
    (folder / PLACE).write_bytes(SUMMARY.write(dataclasses.replace(trained, **changes)))
    return ModelStore(folder)


def test_a_hosts_contributions_and_the_bias_are_its_log_odds(tmp_path: Path) -> None:
    file = tmp_path / "m.zip"
    file.write_bytes(gbm_mojo(TUTORIAL_FEATURES.names, STUMPS))
    hosts = ["xkqjzwvbnmtr.ru", "example.com", "banana.de"]
    parts = [found for host in hosts if (found := split_host(host)) is not None]
    values = contributions(file, TUTORIAL_FEATURES, parts)
    assert values[0] == pytest.approx((1.5, 0.2, 2.0))
    bias = 0.5 + 0.0 + 1.0
    for score, value in zip(score_mojo(file, TUTORIAL_FEATURES, hosts), values, strict=True):
        assert math.log(score.p1 / (1 - score.p1)) == pytest.approx(sum(value) + bias, abs=1e-6)


def test_what_speaks_for_dga_is_told_strongest_first(tmp_path: Path) -> None:
    told = ServingModel(published(tmp_path), PLACE, None).reasons(
        ["xkqjzwvbnmtr.ru", "aaaa.com", "xkqjzwvbn.de", "10.1.1.1"]
    )
    assert told.untold == ""
    assert told.words == {
        # of the entropy's small part nothing is told
        "xkqjzwvbnmtr.ru": "few vowels; long",
        "xkqjzwvbn.de": "few vowels",
    }, "nothing speaks for aaaa.com"


def test_usual_values_are_those_of_most_legit_names(tmp_path: Path) -> None:
    trained = published(tmp_path).summary(VERSION, "dga_classifier")
    assert trained is not None
    usual = usual_values(trained)
    assert {name: (each.low, each.high) for name, each in usual.items()} == {
        "length": (5, 11),
        "entropy": (2.6, 2.6),
        "vowel_proportion": (0.25, 0.5),
    }


@pytest.mark.parametrize(
    ("changes", "place", "sha256", "why"),
    [
        ({}, None, None, "names no summary"),
        ({}, "20260102T030000Z/dga_classifier.json", None, "no summary of the model at 20260102"),
        ({}, "../elsewhere.json", None, "no place of a summary"),
        ({}, PLACE, "ab" * 32, "another model's"),
        ({"sha256": "cd" * 32}, PLACE, None, "another one than it tells of"),
        ({"baseline": None}, PLACE, None, "no baseline"),
        ({"baseline": {"names": 1, "bins": {}}}, PLACE, None, "does not say how length"),
    ],
)
def test_a_model_that_cannot_be_asked_is_told_and_no_error(
    tmp_path: Path, changes: dict[str, Any], place: str | None, sha256: str | None, why: str
) -> None:
    told = ServingModel(published(tmp_path, **changes), place, sha256).reasons(["xkqjzwvbnmtr.ru"])
    assert told.words == {}
    assert why in told.untold


def test_a_kind_of_model_without_such_values_is_told(tmp_path: Path, glm_mojo: Any) -> None:
    store = published(tmp_path)
    model = tmp_path / VERSION / "dga_classifier.zip"
    model.write_bytes(glm_mojo(TUTORIAL_FEATURES.names, {}, 0.5))
    told = ServingModel(published(tmp_path / "b", sha256=file_sha256(model)), PLACE, None)
    (tmp_path / "b" / VERSION / "dga_classifier.zip").write_bytes(model.read_bytes())
    assert "cannot" in told.reasons(["xkqjzwvbnmtr.ru"]).untold
    assert store.summary(VERSION, "dga_classifier")
