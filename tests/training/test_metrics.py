"""Figures against values worked out by hand."""

from __future__ import annotations

import json
import math
import random

import pytest

from airflow_provider_devo_dga.training.metrics import FamilyRecall, ScoredRow, measure


def legit(score: float) -> ScoredRow:
    return ScoredRow(malicious=False, family="legit", score=score)


def dga(score: float, family: str = "a") -> ScoredRow:
    return ScoredRow(malicious=True, family=family, score=score)


ROWS = [legit(0.1), legit(0.4), dga(0.35), dga(0.8, "b")]


def test_the_textbook_example() -> None:
    found = measure(ROWS, 0.4)
    assert found.auc == 0.75
    assert found.pr_auc == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert found.logloss == pytest.approx(-sum(map(math.log, (0.9, 0.6, 0.35, 0.8))) / 4)
    assert found.brier == pytest.approx((0.01 + 0.16 + 0.65**2 + 0.04) / 4)
    assert (found.recall, found.precision, found.false_positive_rate) == (0.5, 0.5, 0.5)
    assert found.families == {"a": FamilyRecall(0.0, 1), "b": FamilyRecall(1.0, 1)}
    assert found.macro_family_recall == 0.5


def test_ties_count_half() -> None:
    assert measure([legit(0.5), dga(0.5)], 0.5).auc == 0.5


def test_nothing_called_is_precise() -> None:
    assert measure(ROWS, 0.9).precision == 1.0


def test_sure_and_wrong_stays_finite() -> None:
    assert math.isfinite(measure([legit(1.0), dga(0.0)], 0.5).logloss)


def test_auc_is_the_share_of_pairs_in_order() -> None:
    rng = random.Random(5)  # noqa: S311
    rows = [
        dga(rng.random() ** 0.5) if rng.random() < 0.3 else legit(round(rng.random(), 1)) for _ in range(300)
    ]
    positive = [row.score for row in rows if row.malicious]
    negative = [row.score for row in rows if not row.malicious]
    pairs = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    assert measure(rows, 0.5).auc == pytest.approx(pairs / len(positive) / len(negative))


def test_plain_values_hold_the_weakest_families() -> None:
    rows = [legit(0.1), *(dga(0.9, f"caught{n:02}") for n in range(50)), dga(0.1, "missed")]
    plain = measure(rows, 0.5).to_dict()
    assert next(iter(plain["families"].items())) == ("missed", {"recall": 0.0, "rows": 1})
    assert (len(plain["families"]), plain["families_left_out"]) == (40, 11)
    json.dumps(plain)
