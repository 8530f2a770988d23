"""Two models are compared at one budget, each at its own threshold, family by family."""

from __future__ import annotations

import pytest

from airflow_provider_devo_dga.models.summary import FamilyPair
from airflow_provider_devo_dga.training.judging.comparison import head_to_head
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart
from tests.scored import scored_part


def part(legit: list[float], **families: list[float]) -> ScoredPart:
    rows = [(False, "legit", score) for score in legit]
    rows += [(True, family, score) for family, scores in families.items() for score in scores]
    return scored_part(rows)


LEGIT = [number / 100 for number in range(10)]


def test_each_model_has_its_own_threshold_for_the_budget() -> None:
    ours = {"valid": part(LEGIT, a=[0.5, 0.6]), "test": part([0.0, 0.1], a=[0.05, 0.9], b=[0.8, 0.9])}
    # the same order at a tenth of the scores: as good a model
    theirs = {
        "valid": part([score / 10 for score in LEGIT], a=[0.05, 0.06]),
        "test": part([0.0, 0.01], a=[0.005, 0.09], b=[0.08, 0.0]),
    }
    found = head_to_head(ours, theirs, budget=0.1)
    assert (found.recall, found.other_recall) == (0.75, 0.5)
    assert (found.false_positive_rate, found.other_false_positive_rate) == (0.5, 0.5)
    assert found.rows == 6
    assert [(family.name, family.rows, family.recall, family.other_recall) for family in found.families] == [
        ("a", 2, 0.5, 0.5),
        ("b", 2, 1.0, 0.5),
    ]


def test_the_greatest_loss_comes_first_and_is_never_left_out() -> None:
    families = {f"f{number:02}": [0.9] for number in range(50)}
    ours = {"valid": part(LEGIT, **families | {"z": [0.0]})}
    theirs = {"valid": part(LEGIT, **families | {"z": [0.9]})}
    families_told = head_to_head(ours, theirs, budget=0.1).families
    assert families_told[0] == FamilyPair(name="z", rows=1, recall=0.0, other_recall=1.0)
    assert len(families_told) == 40


def test_a_model_that_no_threshold_keeps_to_the_budget_catches_nothing() -> None:
    ours = {"valid": part(LEGIT, a=[0.5])}
    theirs = {"valid": part([1.0] * 10, a=[1.0])}
    found = head_to_head(ours, theirs, budget=0.1)
    assert (found.recall, found.other_recall) == (1.0, 0.0)
    assert found.other_false_positive_rate == pytest.approx(0.0)
