"""The plain-Python backend against values worked out by hand."""

from __future__ import annotations

import math

import pytest

from airflow_provider_devo_dga.features import expression as e
from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.dga import CONSONANTS, PLAIN_FEATURES, TUTORIAL_FEATURES, VOWELS
from airflow_provider_devo_dga.features.host import HostParts, split_host

LABEL = e.Label()


def of(node: e.Number, label: str, tld: str = "com") -> float:
    return reference.number(node, HostParts(registrable=f"{label}.{tld}", label=label, tld=tld))


@pytest.mark.parametrize(
    ("node", "label", "expected"),
    [
        (e.Length(LABEL), "google", 6.0),
        (e.Length(e.Tld()), "google", 3.0),
        (e.Entropy(LABEL), "google", 1.9182958340544896),
        (e.Entropy(LABEL), "aaaa", 0.0),
        (e.Entropy(LABEL), "ab", 1.0),
        (e.Entropy(LABEL), "abcd", 2.0),
        (e.EntropyRatio(LABEL), "abcd", 1.0),
        (e.EntropyRatio(LABEL), "aabb", 0.5),
        (e.EntropyRatio(LABEL), "a", 1.0),
        (e.EntropyRatio(LABEL), "aaaa", 0.0),
        (e.CountChars(LABEL, VOWELS), "google", 3.0),
        (e.CountChars(LABEL, "-"), "a-b-c", 2.0),
        (e.CountChars(LABEL, "q"), "google", 0.0),
        (e.CountShapes(LABEL, (("t", "h"),)), "thethoth", 3.0),
        (e.CountShapes(LABEL, (("a", "ab"), ("b", "a"))), "aaba", 2.0),
        (e.CountShapes(LABEL, (("a", "a"),)), "aaaaa", 2.0),  # without overlap
        (e.CountShapes(LABEL, (("_-", "0-9"),)), "_9-0--", 3.0),  # a hyphen is no range
        (e.CountShapes(LABEL, (("abc", "abc", "abc"),)), "abcabxcab", 2.0),
        (e.CountShapes(e.Tld(), (("c", "o"),)), "google", 1.0),
        (e.WeightedSum(((0.5, e.Length(LABEL)), (-2.0, e.CountChars(LABEL, "o")))), "google", -1.0),
        (e.LongestRun(LABEL, CONSONANTS, 8), "strength", 4.0),
        (e.LongestRun(LABEL, CONSONANTS, 3), "strength", 3.0),
        (e.LongestRun(LABEL, "0123456789", 8), "a1b22c333", 3.0),
        (e.LongestRun(LABEL, VOWELS, 5), "xyz", 0.0),
        (e.StartsIn(LABEL, "0123456789"), "1abc", 1.0),
        (e.StartsIn(LABEL, "0123456789"), "abc1", 0.0),
        (e.EndsIn(LABEL, VOWELS), "google", 1.0),
        (e.EndsIn(LABEL, VOWELS), "googl", 0.0),
        (e.StartsWith(LABEL, "xn--"), "xn--bcher-kva", 1.0),
        (e.StartsWith(LABEL, "xn--"), "axn--b", 0.0),
        (e.StartsWith(LABEL, "xn--"), "xn-", 0.0),
        (e.IsOneOf(e.Tld(), ("com", "net")), "google", 1.0),
        (e.IsOneOf(e.Tld(), ("co", "om")), "google", 0.0),
        (e.HasLength(e.Tld(), 3), "google", 1.0),
        (e.HasLength(e.Tld(), 2), "google", 0.0),
        (e.Division(e.CountChars(LABEL, VOWELS), e.Length(LABEL)), "google", 0.5),
    ],
)
def test_a_node_gives_the_value_worked_out_by_hand(node: e.Number, label: str, expected: float) -> None:
    assert of(node, label) == pytest.approx(expected, abs=1e-12)


def test_entropy_of_nothing_is_zero() -> None:
    assert reference.shannon_entropy("") == 0.0


def test_tutorial_features_of_google() -> None:
    parts = split_host("www.google.com")
    assert parts is not None
    assert reference.compute(TUTORIAL_FEATURES, parts) == [6.0, pytest.approx(1.9182958340544896), 0.5]


@pytest.mark.parametrize("label", ["a", "-", "_", "1", "nan", "a" * 63, "xn--a"])
def test_every_feature_is_finite_for_edge_labels(label: str) -> None:
    parts = HostParts(registrable=f"{label}.uk", label=label, tld="uk")
    values = reference.compute(PLAIN_FEATURES, parts)
    assert len(values) == len(PLAIN_FEATURES.features)
    assert all(isinstance(value, float) and math.isfinite(value) for value in values)
