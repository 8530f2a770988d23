"""Drift: what moved is found, what did not is left alone, and a stored baseline means the same."""

from __future__ import annotations

import math
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_devo_dga.drift.baseline import stored_baseline
from airflow_provider_devo_dga.drift.comparison import sample_hosts
from airflow_provider_devo_dga.drift.stability import LEAST_DOMAINS, Drift, drift_of, stability_index
from airflow_provider_devo_dga.errors import DriftError
from airflow_provider_devo_dga.features.dga import PLAIN_FEATURES, TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.host import HostParts, split_host
from tests.drift.records import baseline_of_hosts


def part(host: str) -> HostParts:
    parts = split_host(host)
    assert parts is not None
    return parts


def hosts(seed: int, count: int, letters: str) -> list[HostParts]:
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    return [part("".join(chance.choices(letters, k=chance.randint(4, 14))) + ".com") for _ in range(count)]


WORDS = "aaeeiioouubcdlmnrst"


def test_names_of_the_same_kind_do_not_drift() -> None:
    baseline = baseline_of_hosts(hosts(1, 3000, WORDS), PLAIN_FEATURES)
    drift = drift_of(baseline, hosts(2, 1500, WORDS), PLAIN_FEATURES)
    assert (drift.domains, drift.drifted) == (1500, ())
    assert max(drift.index.values()) < 0.1


def test_what_moved_is_named_the_most_first() -> None:
    baseline = baseline_of_hosts(hosts(1, 3000, WORDS), PLAIN_FEATURES)
    drift = drift_of(baseline, hosts(2, 1500, "qxz0123456789"), PLAIN_FEATURES)
    assert {"vowel_share", "digit_share", "longest_digit_run"} <= set(drift.drifted)
    assert not {"tld_com", "tld_length"} & set(drift.drifted)
    assert list(drift.index.values()) == sorted(drift.index.values(), reverse=True)


def test_few_names_prove_nothing() -> None:
    baseline = baseline_of_hosts(hosts(1, 3000, WORDS), PLAIN_FEATURES)
    odd = hosts(2, LEAST_DOMAINS - 1, "qxz0123456789")
    assert drift_of(baseline, odd, PLAIN_FEATURES).drifted == ()
    none = drift_of(baseline, [], PLAIN_FEATURES)
    assert (none, none.drifted) == (Drift(0, {}, 0.25), ())


def test_a_stored_baseline_means_the_same() -> None:
    baseline = baseline_of_hosts(hosts(1, 500, WORDS), PLAIN_FEATURES)
    again = stored_baseline(msgspec.json.decode(msgspec.json.encode(baseline)))
    now = hosts(2, 700, WORDS)
    assert drift_of(again, now, PLAIN_FEATURES) == drift_of(baseline, now, PLAIN_FEATURES)


@pytest.mark.parametrize(
    "values", [{}, {"names": 1}, {"names": 1, "bins": {"a": {"edges": ["x"]}}}, {"bins": 3}]
)
def test_what_is_no_baseline_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(DriftError, match="train the model again"):
        stored_baseline(values)


def test_another_feature_set_is_refused() -> None:
    baseline = baseline_of_hosts([part("example.com")], TUTORIAL_FEATURES)
    with pytest.raises(DriftError, match="not one of feature set 'dga_plain'"):
        drift_of(baseline, [], PLAIN_FEATURES)
    with pytest.raises(DriftError, match="at least one"):
        baseline_of_hosts([], PLAIN_FEATURES)


def test_the_index_is_that_of_the_books() -> None:
    assert stability_index([0.5, 0.5], [0.5, 0.5]) == 0
    assert math.isclose(stability_index([0.5, 0.5], [0.8, 0.2]), 0.3 * math.log(1.6) + -0.3 * math.log(0.4))
    assert stability_index([1.0, 0.0], [0.0, 1.0]) > 10


@given(st.permutations([part(f"host{number}.com") for number in range(50)]))
def test_a_sample_does_not_depend_on_the_order(shuffled: list[HostParts]) -> None:
    sample = sample_hosts(shuffled, 10)
    assert len(sample) == 10
    assert sample == sample_hosts(sorted(shuffled, key=str), 10)
    assert sample == sample_hosts(iter(shuffled), 20)[:10]
