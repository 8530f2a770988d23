"""Each feature says in words how a host differs from legit names, and nothing where it does not."""

from __future__ import annotations

import pytest

from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.dga import PLAIN_FEATURES, VOWELS
from airflow_provider_devo_dga.features.feature_set import Feature
from airflow_provider_devo_dga.features.host import HostParts
from airflow_provider_devo_dga.features.words import Usual, words

LABEL = e.Label()
SEQUENCES = e.CountShapes(LABEL, (("t", "h"),))


def said(node: e.Number, label: str, low: float, high: float, tld: str = "com") -> str:
    parts = HostParts(registrable=f"{label}.{tld}", label=label, tld=tld)
    return words(node, reference.number(node, parts), Usual(low, high), parts)


@pytest.mark.parametrize(
    ("node", "label", "usual", "expected"),
    [
        (e.Length(LABEL), "xkqjzwvbnm", (5, 9), "long"),
        (e.Length(LABEL), "xkq", (5, 9), "short"),
        (e.Length(LABEL), "xkqjz", (5, 9), ""),
        (e.Length(LABEL), "xkqjzwvbn", (5, 9), ""),
        (e.CountChars(LABEL, VOWELS), "xkqjz", (2, 4), "few vowels"),
        (
            e.Division(e.CountChars(LABEL, "jqxz"), e.Length(LABEL)),
            "xkqjz",
            (0, 0.1),
            "many characters out of jqxz",
        ),
        (e.Division(e.CountChars(LABEL, "q"), e.Length(LABEL)), "qqq", (0, 0.1), "many q"),
        (e.LongestRun(LABEL, "0123456789", 8), "a1234", (0, 1), "a long run of digits"),
        (e.LongestRun(LABEL, "bcd", 8), "aaa", (2, 3), "only short runs of characters out of bcd"),
        (e.StartsIn(LABEL, "0123456789"), "1a", (0, 0), "begins with a digit"),
        (e.EndsIn(LABEL, VOWELS), "ab", (1, 1), "does not end in a vowel"),
        (e.StartsWith(LABEL, "xn--"), "xn--a", (0, 0), "begins with xn--"),
        (e.Entropy(LABEL), "aaaa", (1, 2), "few different characters"),
        (e.EntropyRatio(LABEL), "abcd", (0.5, 0.9), "hardly a character twice"),
        (SEQUENCES, "thth", (0, 1), "many of the listed 2-character sequences"),
        (
            e.Division(e.WeightedSum(((-1.0, SEQUENCES),)), e.Length(LABEL)),
            "thth",
            (-0.1, 0.3),
            "character sequences that legit names seldom have",
        ),
        # a sum of a user's own may speak for anything
        (e.WeightedSum(((2.0, e.Length(LABEL)), (1.0, SEQUENCES))), "thth", (0, 1), ""),
        (e.WeightedSum(((2.0, e.Length(LABEL)),)), "thth", (20, 30), ""),
    ],
)
def test_words(node: e.Number, label: str, usual: tuple[float, float], expected: str) -> None:
    assert said(node, label, *usual) == expected


def test_all_that_speak_of_the_top_level_domain_name_it() -> None:
    of_tld = [each for each in PLAIN_FEATURES.features if each.name.startswith("tld_")]
    assert len(of_tld) == 11
    assert {said(each.number, "xkqjz", 0, 1, tld="ru") for each in of_tld} == {"the ending .ru"}


@pytest.mark.parametrize("feature", PLAIN_FEATURES.features, ids=lambda feature: feature.name)
def test_every_feature_that_ships_has_words_either_way(feature: Feature) -> None:
    number = feature.number
    more, less = said(number, "x-1", -2, -1), said(number, "x-1", 99, 100)
    assert more
    assert less
    assert (more == less) == ("ending" in more)
