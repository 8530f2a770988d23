"""What a recipe learns, from which rows, and that it is found again in a file."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.dga import DGA_RECIPE, FEATURE_SETS
from airflow_provider_devo_dga.features.feature_set import Feature, FeatureSet
from airflow_provider_devo_dga.features.host import HostParts
from airflow_provider_devo_dga.features.recipe import LabelledName, LearnedOdds, Recipe, shapes_of
from airflow_provider_devo_dga.models.meaning import stored_meaning

PAIRS = LearnedOdds("pairs", width=2, buckets=4)
SYLLABLES = ("ba", "co", "di", "fer", "gon", "hal", "in", "jor", "ka", "lem")


def names(count: int = 300, seed: int = 1) -> list[LabelledName]:
    rng = random.Random(seed)  # noqa: S311
    legit = [LabelledName("".join(rng.choices(SYLLABLES, k=4)), False) for _ in range(count)]
    dga = [LabelledName("".join(rng.choices(string.ascii_lowercase, k=12)), True) for _ in range(count)]
    return legit + dga


def value(feature: Feature, label: str) -> float:
    return reference.number(feature.number, HostParts(f"{label}.com", label, "com"))


def grams_of(feature: Feature) -> list[tuple[float, set[str]]]:
    """Return the weight of each bucket and the sequences that it counts."""
    assert isinstance(feature.number, e.Division)
    assert isinstance(feature.number.numerator, e.WeightedSum)
    found = []
    for weight, count in feature.number.numerator.terms:
        assert isinstance(count, e.CountShapes)
        found.append((weight, {a + b for first, second in count.shapes for a in first for b in second}))
    return found


def test_legit_names_have_odds_above_those_of_random_letters() -> None:
    pairs = PAIRS.learn(names())
    assert value(pairs, "bacodifer") > 0.5
    assert value(pairs, "xqzvkwpt") < -0.5
    assert value(pairs, "12-34") == 0.0


def test_buckets_rise_and_share_no_sequence() -> None:
    buckets = grams_of(PAIRS.learn(names()))
    weights = [weight for weight, _ in buckets]
    assert weights == sorted(weights)
    assert len(buckets) == 4
    seen = {label[start : start + 2] for label, *_ in names() for start in range(len(label) - 1)}
    assert sum(len(grams) for _, grams in buckets) == len(seen)
    assert set.union(*(grams for _, grams in buckets)) == seen


def test_odds_are_those_worked_out_by_hand() -> None:
    # legit: ab 3, dga: ab 1, cd 2; 676 pairs, each counted one more
    rows = [
        *(LabelledName("ab", False) for _ in range(3)),
        LabelledName("ab", True),
        LabelledName("cd", True),
        LabelledName("cd", True),
    ]
    (dga, _), (legit, grams) = grams_of(LearnedOdds("two", width=2, buckets=2).learn(rows))
    assert grams == {"ab"}
    assert legit == round(0.6931471805599453, 3)  # log((3 + 1) / (3 + 676)) - log((1 + 1) / (3 + 676))
    assert dga == round(-1.0986122886681098, 3)  # log((0 + 1) / 679) - log((2 + 1) / 679)


def test_rare_sequences_and_those_that_tell_little_are_left_out() -> None:
    every = {gram for _, grams in grams_of(PAIRS.learn(names())) for gram in grams}
    often = {gram for _, grams in grams_of(replace(PAIRS, least=10).learn(names())) for gram in grams}
    most = {gram for _, grams in grams_of(replace(PAIRS, most=40).learn(names())) for gram in grams}
    assert often < every
    assert len(most) == 40
    assert "ba" in most


def test_the_order_of_rows_changes_nothing_and_another_row_does() -> None:
    rows = names()
    shuffled = random.Random(2).sample(rows, len(rows))  # noqa: S311
    learned = DGA_RECIPE.learn(rows)
    assert DGA_RECIPE.learn(shuffled) == learned
    assert DGA_RECIPE.learn(names(seed=2)).fingerprint != learned.fingerprint
    assert learned.names == DGA_RECIPE.names


def test_rows_too_few_to_learn_from_are_told() -> None:
    with pytest.raises(FeatureError, match=r"have 1 sequences of 2 letters .* 'pairs' needs 4"):
        PAIRS.learn([LabelledName("ab", False), LabelledName("99", True)])


@given(st.sets(st.text("abc1-_", min_size=3, max_size=3), min_size=1))
def test_shapes_have_exactly_the_sequences(grams: set[str]) -> None:
    shapes = shapes_of(grams)
    spelt = [a + b + c for first, second, third in shapes for a in first for b in second for c in third]
    assert sorted(spelt) == sorted(grams)
    assert shapes == shapes_of(sorted(grams, reverse=True))


@pytest.mark.parametrize(
    "shapes",
    [(), ((),), (("a",),), (("a", "b"), ("a", "b", "c")), (("a", ""),), (("a", "B"),), (("a", "]"),)],
)
def test_a_shape_that_engines_could_read_differently_is_refused(shapes: tuple[e.Shape, ...]) -> None:
    with pytest.raises(FeatureError):
        e.CountShapes(e.Label(), shapes)


@pytest.mark.parametrize(
    "terms", [(), ((float("nan"), e.Length(e.Label())),), ((float("inf"), e.Length(e.Label())),)]
)
def test_a_sum_that_is_no_number_is_refused(terms: tuple[e.Term, ...]) -> None:
    with pytest.raises(FeatureError):
        e.WeightedSum(terms)


# Stored sets


@pytest.mark.parametrize(
    "feature_set", [*FEATURE_SETS.values(), DGA_RECIPE.learn(names())], ids=lambda each: each.name
)
def test_a_stored_set_comes_back_whole(feature_set: FeatureSet, tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    told = {"version": "v1", "sha256": "a" * 64, "model_file": "m.zip"}
    file.write_text(json.dumps(told | {"feature_set": feature_set.to_dict()}))
    found = stored_meaning(file)
    assert found == feature_set
    assert found.fingerprint == feature_set.fingerprint


def stored() -> dict[str, Any]:
    found: dict[str, Any] = (
        Recipe("mine", (Feature("length", e.Length(e.Label())),), (PAIRS,)).learn(names()).to_dict()
    )
    return found


def test_a_learned_table_that_was_changed_is_found_out() -> None:
    changed = stored()
    changed["features"][1]["number"]["numerator"]["terms"][0][0] += 0.001
    with pytest.raises(FeatureError, match="was changed"):
        FeatureSet.from_dict(changed)


Change = Callable[[dict[str, Any]], object]


def _node(**fields: Any) -> Change:
    return lambda value: value["features"][0].update(number=fields)


def _deep(depth: int) -> dict[str, Any]:
    length = {"node": "Length", "text": "label"}
    return {"node": "Division", "numerator": _deep(depth - 1), "denominator": length} if depth else length


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda value: value.pop("fingerprint"), "a name, a fingerprint and features"),
        (lambda value: value.update(features=3), "a name, a fingerprint and features"),
        (lambda value: value.update(features=["x"]), "a name, a fingerprint and features"),
        (lambda value: value.update(features=[]), "is empty"),
        (lambda value: value["features"][0].update(name="a;drop"), "not usable as a model column"),
        (lambda value: value["features"][0].update(number="__import__('os')"), "where a node belongs"),
        (_node(node="Eval", code="1"), "no node 'Eval'"),
        (_node(node="Label"), "no node 'Label'"),
        (_node(node="Length"), "has the fields text"),
        (_node(node="Length", text="label", more=1), "has the fields text"),
        (_node(node="Length", text="host"), "label or tld"),
        (_node(node="CountChars", text="label", chars='a")'), "letters, digits"),
        (_node(node="CountChars", text="label", chars=["a"]), "letters, digits"),
        (_node(node="LongestRun", text="label", chars="a", most=10**9), "whole number"),
        (_node(node="LongestRun", text="label", chars="a", most=True), "whole number"),
        (_node(node="IsOneOf", text="tld", values=[]), "a list"),
        (_node(node="CountShapes", text="label", shapes=["a .*"]), "letters, digits"),
        (_node(node="CountShapes", text="label", shapes=["a b c", "a b"]), "one width"),
        (_node(node="WeightedSum", terms=[[1.0]]), "a weight and a node"),
        (_node(node="WeightedSum", terms=[[float("nan"), {"node": "Length", "text": "label"}]]), "a weight"),
        (
            _node(node="WeightedSum", terms=[["1", {"node": "Length", "text": "label"}]]),
            "a weight and a node",
        ),
        (_node(**_deep(200)), "where a node belongs"),
    ],
)
def test_what_is_no_feature_set_is_refused(change: Change, words: str) -> None:
    value = stored()
    change(value)
    with pytest.raises(FeatureError, match=words):
        FeatureSet.from_dict(value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no summary of the model"),
        ("{", "no JSON.*train the model again"),
        ("[]", "no JSON object"),
        ('{"feature_set": 1}', "damaged summary"),
    ],
)
def test_a_summary_that_says_nothing_of_features_is_told(
    tmp_path: Path, content: str | None, words: str
) -> None:
    file = tmp_path / "summary.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(FeatureError, match=words):
        stored_meaning(file)
