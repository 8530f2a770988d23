"""Chance: the tail agrees with exact fractions, an interval holds every share that a test keeps."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_devo_dga.chance import (
    log_beta_binomial,
    log_beta_binomial_tail,
    log_tail,
    wilson_interval,
)


def exact_tail(k: int, n: int, p: Fraction) -> Fraction:
    return sum((math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1)), Fraction(0))


def log_of(fraction: Fraction) -> float:
    return math.log(fraction.numerator) - math.log(fraction.denominator)


@pytest.mark.parametrize(
    ("k", "n", "p"),
    [
        (40, 200, "1/100"),
        (40, 50, "1/100"),
        (1, 1, "1/1000"),
        (2, 200, "1/100"),
        (1, 200, "1/100"),
        (200, 200, "1/1000"),
        (9, 10, "99/100"),
    ],
)
def test_agrees_with_exact_fractions(k: int, n: int, p: str) -> None:
    rate = Fraction(p)
    assert log_tail(k, n, float(rate)) == pytest.approx(log_of(exact_tail(k, n, rate)), rel=1e-10)


def test_known_value() -> None:
    # 1 - 0.99^200 - 200 * 0.01 * 0.99^199
    assert math.exp(log_tail(2, 200, 0.01)) == pytest.approx(1 - 0.99**200 - 2 * 0.99**199, rel=1e-12)


def test_no_success_needed_is_certain() -> None:
    assert log_tail(0, 200, 0.01) == 0.0
    assert log_tail(0, 0, 0.01) == 0.0


def test_more_successes_than_trials_is_impossible() -> None:
    assert log_tail(3, 2, 0.01) == -math.inf


def test_far_below_the_smallest_float() -> None:
    assert log_tail(1000, 1000, 0.001) == pytest.approx(1000 * math.log(0.001), rel=1e-12)


def test_a_million_trials() -> None:
    # Normal approximation: 10 standard deviations above a mean of 10,000 is about 1e-23.
    assert -24 < log_tail(10_995, 1_000_000, 0.01) / math.log(10) < -22


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.001, 0.999))
def test_falls_with_k_and_stays_a_probability(k: int, n: int, p: float) -> None:
    assert log_tail(k + 1, n, p) <= log_tail(k, n, p) + 1e-12 <= 1e-12


@pytest.mark.parametrize(("n", "p"), [(5, 0.0), (5, 1.0), (-1, 0.5)])
def test_refuses_what_is_no_distribution(n: int, p: float) -> None:
    with pytest.raises(ValueError, match="no binomial"):
        log_tail(1, n, p)


def rising(start: Fraction, factors: int) -> Fraction:
    return math.prod((start + i for i in range(factors)), start=Fraction(1))


def exact_beta_binomial_tail(k: int, n: int, alpha: Fraction, beta: Fraction) -> Fraction:
    whole = rising(alpha + beta, n)
    return sum(
        (math.comb(n, i) * rising(alpha, i) * rising(beta, n - i) / whole for i in range(k, n + 1)),
        Fraction(0),
    )


@pytest.mark.parametrize(
    ("k", "n", "mean", "dispersion"),
    [
        (1, 60, "1/100", "1/200"),
        (6, 65, "1/100", "1/200"),
        (40, 100, "1/100", "1/50"),
        (100, 100, "1/1000", "1/1000"),
        (30, 60, "1/2", "1/8"),
        (3, 60, "3/10", "1/100"),
        (1, 1, "1/3", "1/2"),
    ],
)
def test_a_beta_binomial_tail_agrees_with_exact_fractions(k: int, n: int, mean: str, dispersion: str) -> None:
    size = 1 / Fraction(dispersion) - 1
    alpha = Fraction(mean) * size
    exact = log_of(exact_beta_binomial_tail(k, n, alpha, size - alpha))
    found = log_beta_binomial_tail(k, n, float(Fraction(mean)), float(Fraction(dispersion)))
    assert found == pytest.approx(exact, rel=1e-9, abs=1e-12)


def test_clients_that_hardly_differ_are_binomial() -> None:
    assert log_beta_binomial_tail(9, 100, 0.02, 1e-9) == pytest.approx(log_tail(9, 100, 0.02), rel=1e-5)


@given(st.integers(1, 80), st.floats(0.001, 0.9), st.floats(0.001, 0.3))
def test_a_beta_binomial_sums_to_one(n: int, mean: float, dispersion: float) -> None:
    terms = [math.exp(log_beta_binomial(k, n, mean, dispersion)) for k in range(n + 1)]
    assert math.fsum(terms) == pytest.approx(1, rel=1e-9)
    assert math.exp(log_beta_binomial_tail(n, n, mean, dispersion)) == pytest.approx(terms[-1], rel=1e-9)
    assert log_beta_binomial_tail(0, n, mean, dispersion) == 0.0
    assert log_beta_binomial_tail(n + 1, n, mean, dispersion) == -math.inf


def test_a_known_interval() -> None:
    # the interval of 81 of 263 in Newcombe (1998), table I, method 3
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_without_trials_every_share_is_possible() -> None:
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
