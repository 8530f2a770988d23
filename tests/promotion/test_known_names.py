"""The names that models are asked about: always the same, of every kind, and each with features."""

from __future__ import annotations

import re

from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.promotion.known_names import KNOWN_HOSTS, _made_up_hosts

# in turn: random, hexadecimal, consonants and vowels, vowels and consonants
KINDS = ("[a-z]+", "[0-9a-f]+", "([bdfklmnprst][aeiou])+[bdfklmnprst]?", "([aeiou][nrstlmd])+[aeiou]?")


def test_made_up_names_are_of_four_kinds_and_the_same_each_time() -> None:
    names = list(_made_up_hosts())
    assert names == list(_made_up_hosts())
    assert len(set(names)) == len(names) == 300
    for number, name in enumerate(names):
        label, _, suffix = name.partition(".")
        assert re.fullmatch(KINDS[number % 4], label), name
        assert 5 <= len(label) <= 20
        assert suffix in {"com", "net", "org", "ru", "info", "biz", "de"}


def test_each_name_has_a_label_that_features_can_read() -> None:
    assert all(split_host(name) for name in (*KNOWN_HOSTS, *_made_up_hosts()))
