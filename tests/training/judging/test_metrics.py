"""Figures against their plain definitions, and against values worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_devo_dga.models.summary import Family
from airflow_provider_devo_dga.training.judging.metrics import areas, measure
from tests.scored import scored_part

Row = tuple[bool, str, float]
SCORES = st.sampled_from([n / 10 for n in range(11)]) | st.floats(0.0, 1.0)
ROWS = st.lists(st.tuples(st.booleans(), st.sampled_from(["a", "b", "c"]), SCORES), max_size=60).map(
    lambda rows: [*rows, (False, "legit", 0.4), (True, "a", 0.6)]
)


def legit(score: float) -> Row:
    return (False, "legit", score)


def dga(score: float, family: str = "a") -> Row:
    return (True, family, score)


TEXTBOOK = scored_part([legit(0.1), legit(0.4), dga(0.35), dga(0.8, "b")])


def test_the_textbook_example() -> None:
    found = measure(TEXTBOOK, 0.4)
    assert found.auc == 0.75
    assert found.pr_auc == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert found.logloss == pytest.approx(-sum(map(math.log, (0.9, 0.6, 0.35, 0.8))) / 4)
    assert found.brier == pytest.approx((0.01 + 0.16 + 0.65**2 + 0.04) / 4)
    assert (found.recall, found.precision, found.false_positive_rate) == (0.5, 0.5, 0.5)
    assert found.families == {"a": Family(recall=0.0, rows=1), "b": Family(recall=1.0, rows=1)}
    assert found.macro_family_recall == 0.5


def test_ties_count_half() -> None:
    assert measure(scored_part([legit(0.5), dga(0.5)]), 0.5).auc == 0.5


def test_nothing_called_is_precise() -> None:
    assert measure(TEXTBOOK, 0.9).precision == 1.0


def test_sure_and_wrong_stays_finite() -> None:
    assert math.isfinite(measure(scored_part([legit(1.0), dga(0.0)]), 0.5).logloss)


@given(ROWS)
def test_auc_is_the_share_of_pairs_in_order(rows: list[Row]) -> None:
    positive = [score for malicious, _, score in rows if malicious]
    negative = [score for malicious, _, score in rows if not malicious]
    pairs = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    assert areas(scored_part(rows))[0] == pytest.approx(pairs / len(positive) / len(negative))


@given(ROWS)
def test_average_precision_is_precision_at_each_dga_row(rows: list[Row]) -> None:
    positive = [score for malicious, _, score in rows if malicious]
    precisions = []
    for threshold in positive:
        flagged = [malicious for malicious, _, score in rows if score >= threshold]
        precisions.append(sum(flagged) / len(flagged))
    assert areas(scored_part(rows))[1] == pytest.approx(sum(precisions) / len(precisions))


@given(ROWS, SCORES)
def test_shares_are_counted(rows: list[Row], threshold: float) -> None:
    found = measure(scored_part(rows), threshold)
    families = {family for malicious, family, _ in rows if malicious}
    for family in families:
        scores = [score for malicious, name, score in rows if malicious and name == family]
        assert found.families[family].rows == len(scores)
        assert found.families[family].recall == pytest.approx(
            sum(s >= threshold for s in scores) / len(scores)
        )
    assert set(found.families) == families
    negative = [score for malicious, _, score in rows if not malicious]
    assert found.false_positive_rate == pytest.approx(sum(s >= threshold for s in negative) / len(negative))
    assert found.brier == pytest.approx(
        sum((score - malicious) ** 2 for malicious, _, score in rows) / len(rows)
    )


def test_small_families_do_not_count_in_the_mean() -> None:
    rows = [legit(0.1), *(dga(0.9, "large") for _ in range(20)), *(dga(0.1, "small") for _ in range(19))]
    found = measure(scored_part(rows), 0.5)
    assert found.macro_family_recall == 1.0
    assert found.families["small"] == Family(recall=0.0, rows=19)


def test_the_weakest_families_are_told() -> None:
    rows = [legit(0.1), *(dga(0.9, f"caught{n:02}") for n in range(50)), dga(0.1, "missed")]
    found = measure(scored_part(rows), 0.5)
    assert next(iter(found.families.items())) == ("missed", Family(recall=0.0, rows=1))
    assert (len(found.families), found.families_left_out) == (40, 11)
    assert found.macro_family_recall == pytest.approx(50 / 51)
