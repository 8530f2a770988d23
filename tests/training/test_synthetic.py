"""Made names: of many kinds, the same each time, and none that a host cannot have."""

from __future__ import annotations

import random
import string

from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.training.synthetic import KINDS, synthetic_names


def test_they_are_the_same_each_time_and_fewer_are_the_first_of_more() -> None:
    names = list(synthetic_names(500))
    assert len(names) == len({label for label, _ in names}) == 500
    assert list(synthetic_names(200)) == names[:200]
    assert list(synthetic_names(0)) == []


def test_each_is_a_label_that_the_product_judges() -> None:
    for label, top in synthetic_names(3000):
        parts = split_host(f"{label}.{top}")
        assert parts is not None
        assert (parts.label, parts.tld) == (label, top)


def test_each_kind_makes_names_of_its_own() -> None:
    made = {kind.__name__: kind(random.Random(1), 8, 12) for kind in KINDS}  # noqa: S311
    names = {kind: [make() for _ in range(200)] for kind, make in made.items()}
    letters, digits = set(string.ascii_lowercase), set(string.digits)
    of = {kind: set("".join(labels)) for kind, labels in names.items()}
    assert of["_hexadecimal"] == digits | set("abcdef")
    assert of["_letters"] == letters
    assert of["_base32"] == letters | set("234567")
    assert of["_letters_and_digits"] == letters | digits
    assert of["_some_letters"] < letters
    assert of["_consonant_vowel"] < letters
    assert all(label.count("-") == 1 for label in names["_dashes"])
    assert all(label[-1].isdigit() and label[0].isalpha() for label in names["_word_and_digits"])
    vowels = sum(label.count(vowel) for label in names["_vowel_poor"] for vowel in "aeiouy")
    assert vowels < 0.15 * sum(map(len, names["_vowel_poor"]))


def test_any_number_has_about_as_many_of_each_kind() -> None:
    names = list(synthetic_names(1300))
    assert 80 <= sum("-" in label for label, _ in names) <= 100
    assert len({top for _, top in names}) > 30
