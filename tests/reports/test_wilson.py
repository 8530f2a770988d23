"""The Wilson interval holds every share that a test would not reject."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_devo_dga.reports.wilson import wilson_interval


def test_a_known_interval() -> None:
    # the interval of 81 of 263 in Newcombe (1998), table I, method 3
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_without_trials_all_is_possible() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(trials=st.integers(1, 10_000), share=st.floats(0, 1))
def test_both_ends_are_where_the_score_test_turns(trials: int, share: float) -> None:
    successes = round(share * trials)
    low, high = wilson_interval(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            z = abs(successes / trials - end) / math.sqrt(end * (1 - end) / trials)
            assert z == pytest.approx(1.959964, rel=1e-4)
