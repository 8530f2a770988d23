"""Feature sets: what makes one, what cannot be one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features.dga import (
    DGA_RECIPE,
    FEATURE_SETS,
    PLAIN_FEATURES,
    SMALL_RECIPE,
    TUTORIAL_FEATURES,
    feature_set_named,
)
from airflow_provider_devo_dga.features.feature_set import Feature, FeatureSet

LENGTH = Feature("length", e.Length(e.Label()))
ENTROPY = Feature("entropy", e.Entropy(e.Label()))


@pytest.mark.parametrize(
    "name", ["", "Length", "1st", "_length", "vowel share", "vowel-share", "a" * 41, "länge", "a;drop"]
)
def test_a_name_that_cannot_be_a_column_is_refused(name: str) -> None:
    with pytest.raises(FeatureError, match="not usable as a model column"):
        Feature(name, e.Length(e.Label()))


def test_a_name_may_have_forty_characters() -> None:
    assert Feature("a" * 40, e.Length(e.Label())).name == "a" * 40


def test_an_empty_set_is_refused() -> None:
    with pytest.raises(FeatureError, match="is empty"):
        FeatureSet("none", ())


def test_a_name_used_twice_is_refused_and_named() -> None:
    with pytest.raises(FeatureError, match="twice: length"):
        FeatureSet("twice", (LENGTH, ENTROPY, LENGTH))


def test_names_keep_the_order() -> None:
    assert FeatureSet("two", (ENTROPY, LENGTH)).names == ("entropy", "length")


def test_fingerprint_tells_order_and_meaning_but_not_the_name_of_the_set() -> None:
    one = FeatureSet("one", (LENGTH, ENTROPY))
    assert one.fingerprint == FeatureSet("other", (LENGTH, ENTROPY)).fingerprint
    assert one.fingerprint != FeatureSet("one", (ENTROPY, LENGTH)).fingerprint
    of_the_tld = Feature("length", e.Length(e.Tld()))
    assert one.fingerprint != FeatureSet("one", (of_the_tld, ENTROPY)).fingerprint
    assert len(one.fingerprint) == 12


def test_shipped_sets_are_found_by_name() -> None:
    assert feature_set_named("dga") is DGA_RECIPE
    assert feature_set_named("dga_small") is SMALL_RECIPE
    assert feature_set_named("dga_plain") is PLAIN_FEATURES
    assert feature_set_named("tutorial") is TUTORIAL_FEATURES
    assert all(name == feature_set.name for name, feature_set in FEATURE_SETS.items())


def test_an_unknown_set_is_refused_with_those_there_are() -> None:
    with pytest.raises(FeatureError, match="there are dga, dga_small, dga_plain, tutorial"):
        feature_set_named("nope")


def test_the_tutorial_set_is_the_three_of_the_tutorial() -> None:
    assert TUTORIAL_FEATURES.names == ("length", "entropy", "vowel_proportion")


@pytest.mark.parametrize(
    ("feature_set", "fingerprint"), [(PLAIN_FEATURES, "5559a0530901"), (TUTORIAL_FEATURES, "50e0ce3e2e92")]
)
def test_a_shipped_set_keeps_its_fingerprint(feature_set: FeatureSet, fingerprint: str) -> None:
    assert feature_set.fingerprint == fingerprint, "every stored model of this set would be refused"


def test_a_learned_set_of_another_suffix_policy_is_refused_and_else_read_and_written_alike() -> None:
    stored = json.loads((Path(__file__).parent / "formats" / "learned.json").read_text())
    with pytest.raises(FeatureError, match=r"older than the rule which label.*Train the model again"):
        FeatureSet.from_dict(stored)
    stored["fingerprint"] = "2ba353b7761f"
    found = FeatureSet.from_dict(stored)
    assert found.names[-2:] == ("bigram_odds", "trigram_odds")
    assert json.loads(json.dumps(found.to_dict())) == stored
    kinds = {type(feature.number) for feature in found.features} | {e.WeightedSum, e.CountShapes}
    assert kinds >= set(get_args(e.Number)) - {e.HasLength}, "the fixture has every kind of node"


def test_a_subset_has_the_order_asked_for_and_a_name_of_its_own() -> None:
    some = PLAIN_FEATURES.subset("some", ["entropy", "length"])
    assert (some.name, some.names) == ("some", ("entropy", "length"))
    assert FeatureSet.from_dict(some.to_dict()) == some
    with pytest.raises(FeatureError, match=r"'dga_plain' has no lenght; it has length, entropy"):
        PLAIN_FEATURES.subset("some", ["lenght"])


def test_what_a_feature_speaks_for_is_stored_and_changes_no_fingerprint() -> None:
    def one(speaks_for: Any = None) -> FeatureSet:
        return FeatureSet("one", (Feature("length", e.Length(e.Label()), speaks_for),))

    assert one("legit").fingerprint == one().fingerprint
    assert (one("legit").directions, one("dga").directions, one().directions) == (
        {"length": -1},
        {"length": 1},
        {},
    )
    assert FeatureSet.from_dict(one("legit").to_dict()) == one("legit")
    assert "speaks_for" not in one().to_dict()["features"][0]
    with pytest.raises(FeatureError, match="speaks for legit or dga, not 'both'"):
        one("both")
    assert SMALL_RECIPE.directions == {f"{width}_odds": -1 for width in ("bigram", "trigram", "tetragram")}
    assert DGA_RECIPE.directions == SMALL_RECIPE.directions | {"legit_trigrams": -1, "legit_tetragrams": -1}
