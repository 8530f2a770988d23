"""What is learned of legit names alone, and from which of them."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace

import pytest

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.dga import DGA_RECIPE, SMALL_RECIPE
from airflow_provider_devo_dga.features.feature_set import Feature, FeatureSet
from airflow_provider_devo_dga.features.host import HostParts
from airflow_provider_devo_dga.features.legit_grams import LegitGrams, only_teaches
from airflow_provider_devo_dga.features.recipe import LabelledName, Recipe

SYLLABLES = ("ba", "co", "di", "fer", "gon", "hal", "in", "jor", "ka", "lem")
TRIGRAMS = LegitGrams("legit_trigrams", width=3, most=5000)


def names(count: int, seed: int = 1) -> list[LabelledName]:
    rng = random.Random(seed)  # noqa: S311
    labels = {"".join(rng.choices(SYLLABLES, k=4)) for _ in range(count)}
    return [LabelledName(label, False) for label in sorted(labels)]


def value(feature: Feature, label: str) -> float:
    return reference.number(feature.number, HostParts(f"{label}.com", label, "com"))


def terms_of(feature: Feature) -> tuple[e.Term, ...]:
    assert isinstance(feature.number, e.Division)
    assert isinstance(feature.number.numerator, e.WeightedSum)
    return feature.number.numerator.terms


def teacher(beginning: str) -> str:
    """Return a label with this beginning that only teaches."""
    return next(label for n in range(1000) if only_teaches(label := f"{beginning}{n:04d}"))


def test_common_sequences_count_more_than_unknown_ones() -> None:
    trigrams = TRIGRAMS.learn(names(2000))
    assert value(trigrams, "bacodifer") > 3
    assert value(trigrams, "xqzvkwpt") == 0.0
    assert 0.0 < value(trigrams, "bacoxqzv") < value(trigrams, "bacodifer")
    assert trigrams.speaks_for == "legit"


def test_dga_names_and_legit_names_that_trees_grow_on_teach_nothing() -> None:
    legit = names(2000)
    learned = TRIGRAMS.learn(legit)
    assert TRIGRAMS.learn([*legit, *(LabelledName(f"xq{n}xqz", True) for n in range(500))]) == learned
    assert TRIGRAMS.learn([row for row in legit if only_teaches(row.label)]) == learned
    with pytest.raises(FeatureError, match=r"no sequence of 3 characters that occurs 2 times"):
        TRIGRAMS.learn([row for row in legit if not only_teaches(row.label)])


def test_about_a_quarter_of_all_names_only_teaches() -> None:
    count = sum(only_teaches(row.label) for row in names(4000))
    assert 0.2 < count / len(names(4000)) < 0.3


def test_a_bucket_holds_what_occurs_about_as_often() -> None:
    # "abc" six times, "xyz" three times, all others once
    rows = [LabelledName(teacher(f"abc{n}-"), False) for n in "bcdefg"]
    rows += [LabelledName(teacher(f"xyz{n}_"), False) for n in "hij"]
    terms = terms_of(replace(TRIGRAMS, least=3).learn(rows))
    weights = {"".join(shape): weight for weight, count in terms for shape in count.shapes}
    assert weights["abc"] == round(math.log2(6 / 0.5), 3)
    assert weights["xyz"] == round(math.log2(3 / 0.5), 3)


def test_the_rarest_are_left_out_first() -> None:
    every = TRIGRAMS.learn(names(2000))
    few = replace(TRIGRAMS, most=30).learn(names(2000))
    kept = {gram for _, count in terms_of(few) for gram in spelt(count)}
    assert len(kept) == 30
    assert kept < {gram for _, count in terms_of(every) for gram in spelt(count)}


def spelt(count: e.Number) -> set[str]:
    assert isinstance(count, e.CountShapes)
    return {a + b + c for first, second, third in count.shapes for a in first for b in second for c in third}


def test_few_sequences_hide_behind_those_that_they_overlap() -> None:
    rows = names(4000)
    trigrams = TRIGRAMS.learn(rows)
    weights = {gram: weight for weight, count in terms_of(trigrams) for gram in spelt(count)}
    exact = counted = 0.0
    for label in (row.label for row in rows):
        exact += sum(weights.get(label[at : at + 3], 0.0) for at in range(len(label) - 2))
        counted += value(trigrams, label) * len(label)
    assert 0.9 * exact < counted < exact


def test_the_order_of_names_changes_nothing_and_it_is_found_again_in_a_file() -> None:
    rows = names(2000)
    shuffled = random.Random(2).sample(rows, len(rows))  # noqa: S311
    recipe = Recipe("mine", (), (TRIGRAMS,))
    learned = recipe.learn(rows)
    assert recipe.learn(shuffled) == learned
    assert FeatureSet.from_dict(json.loads(json.dumps(learned.to_dict()))) == learned


def test_only_the_default_set_sets_names_apart() -> None:
    assert DGA_RECIPE.sets_names_apart
    assert not SMALL_RECIPE.sets_names_apart
