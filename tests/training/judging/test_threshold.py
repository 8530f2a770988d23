"""The threshold keeps the false-positive budget and gives away no recall."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_devo_dga.errors import TrainingError
from airflow_provider_devo_dga.training.judging.threshold import choose_threshold, operating_points
from tests.scored import scored_part

SCORES = st.lists(
    st.sampled_from([n / 20 for n in range(20)]) | st.floats(0.0, 0.999), min_size=1, max_size=60
)


def share(scores: list[float], threshold: float) -> float:
    return sum(score >= threshold for score in scores) / len(scores)


def test_the_budget_is_used_up() -> None:
    legit = [n / 1000 for n in range(1000)]
    threshold = choose_threshold(legit, [], 0.01)
    assert share(legit, threshold) == 0.01
    assert 0.989 < threshold < 0.99


def test_ties_at_the_edge_all_stay_below() -> None:
    legit = [0.1] * 90 + [0.5] * 10
    assert choose_threshold(legit, [], 0.05) > 0.5


def test_a_small_set_allows_no_false_positive() -> None:
    assert choose_threshold([0.1, 0.2, 0.9], [0.95], 0.01) == pytest.approx(0.925)


@given(legit=SCORES, dga=SCORES, budget=st.sampled_from([0.001, 0.01, 0.1, 0.5, 0.99]))
def test_within_the_budget_and_no_lower_threshold_is(
    legit: list[float], dga: list[float], budget: float
) -> None:
    threshold = choose_threshold(legit, dga, budget)
    assert share(legit, threshold) <= budget + 1e-9
    # the smallest threshold within the budget is the one just above the highest score that must stay below
    barrier = max((score for score in legit if score < threshold), default=-1.0)
    assert share(legit, barrier) > budget
    assert share(dga, threshold) == share(dga, math.nextafter(barrier, 2.0))


@pytest.mark.parametrize("budget", [0.0, 1.0, -0.1, 1.5, math.nan])
def test_a_budget_out_of_range_is_refused(budget: float) -> None:
    with pytest.raises(TrainingError, match="between 0 and 1"):
        choose_threshold([0.1], [0.9], budget)


def test_no_legit_rows_are_refused() -> None:
    with pytest.raises(TrainingError, match="No legit rows"):
        choose_threshold([], [0.9], 0.01)


def test_legit_rows_at_the_very_top_are_refused() -> None:
    with pytest.raises(TrainingError, match="no threshold keeps"):
        choose_threshold([1.0, 1.0], [1.0], 0.01)


def test_a_budget_that_no_threshold_keeps_is_left_out_and_a_larger_one_is_not() -> None:
    legit = [(False, "", 1.0)] * 2 + [(False, "", 0.1)] * 18
    part = scored_part([*legit, (True, "a", 0.9), (True, "b", 0.05)])
    points = operating_points(part, part, budgets=(0.01, 0.2))
    assert [(point.budget, point.recall) for point in points] == [(0.2, 0.5)]
