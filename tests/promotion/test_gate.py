from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.promotion.gate import QualityGate

GATE = QualityGate(min_auc=0.9, min_recall=0.5, max_false_positive_rate=0.02, min_rows=100)
BARE: dict[str, Any] = {
    "version": "20260108T030000Z",
    "sha256": "n" * 64,
    "model_file": "m.zip",
    "feature_set": {"name": "tutorial", "fingerprint": "f"},
}
GOOD = BARE | {
    "metrics": {"auc": 0.9, "recall": 0.5, "false_positive_rate": 0.02},
    "rows": {"train": 1000, "valid": 100},
}


def reasons(trained: dict[str, Any]) -> list[str]:
    return GATE.reasons_against(TrainingSummary.of(trained))


def test_a_model_at_every_bound_passes() -> None:
    assert reasons(GOOD) == []


@pytest.mark.parametrize(
    ("figure", "value", "reason"),
    [
        ("auc", 0.899, "AUC is 0.899, less than 0.9"),
        ("recall", 0.49, "recall is 0.49, less than 0.5"),
        ("false_positive_rate", 0.021, "false-positive rate is 0.021, more than 0.02"),
        ("auc", None, "AUC is not known"),
        ("auc", float("nan"), "AUC is nan, less than 0.9"),
    ],
)
def test_each_figure_out_of_bounds_is_a_reason(figure: str, value: float | None, reason: str) -> None:
    assert reasons(GOOD | {"metrics": GOOD["metrics"] | {figure: value}}) == [reason]


def test_test_figures_count_before_validation_figures() -> None:
    worse = {"auc": 0.5, "recall": 0.5, "false_positive_rate": 0.02}
    assert reasons(GOOD | {"test_metrics": worse}) == ["AUC is 0.5, less than 0.9"]


def test_few_held_out_names_prove_nothing() -> None:
    assert reasons(GOOD | {"rows": {"valid": 99}}) == ["held-out names is 99, less than 100"]


def test_no_figures_at_all_close_the_gate() -> None:
    assert len(reasons(BARE)) == 4


CHAMPION = {"version": "20260101T030000Z", "sha256": "c" * 64, "reason": None}


def compared(**changes: Any) -> dict[str, Any]:
    """Return a good model that was compared with the champion and is as good at every bound."""
    comparison = {
        "budget": 0.01,
        "rows": 100,
        "recall": 0.75,
        "other_recall": 0.875,
        "families": [{"name": "necurs", "rows": 30, "recall": 0.5, "other_recall": 0.75}],
    }
    entry = {"kind": "champion", "name": CHAMPION["version"], "head_to_head": comparison | changes}
    tutorial = {"kind": "tutorial", "name": "the tutorial's", "head_to_head": None}
    return GOOD | {"evaluation": {"comparisons": [tutorial, entry]}}


def against(trained: dict[str, Any], **champion: Any) -> list[str]:
    gate = QualityGate(
        min_auc=0.9,
        min_recall=0.5,
        max_false_positive_rate=0.02,
        min_rows=100,
        max_recall_loss=0.125,
        max_family_loss=0.25,
        min_family_rows=30,
    )
    return gate.reasons_against(TrainingSummary.of(trained), CHAMPION | champion)


def test_a_model_may_lose_as_much_as_is_allowed() -> None:
    assert against(compared()) == []


def test_too_great_a_loss_of_recall_is_a_reason() -> None:
    [reason] = against(compared(recall=0.7))
    assert reason.startswith("recall at a budget of 0.01 is 0.7, 0.175 less than that of the champion 2026")
    assert reason.endswith(" (at most 0.125)")


def test_every_family_that_falls_too_far_is_a_reason_unless_it_is_small() -> None:
    families = [
        {"name": "necurs", "rows": 30, "recall": 0.25, "other_recall": 0.75},
        {"name": "pitou", "rows": 40, "recall": 0.0, "other_recall": 0.5},
        {"name": "small", "rows": 29, "recall": 0.0, "other_recall": 1.0},
    ]
    found = against(compared(families=families, recall=0.7))
    assert len(found) == 3
    assert "recall of family necurs (30 names) falls from 0.75 to 0.25 (by at most 0.25)" in found


@pytest.mark.parametrize("figure", ["recall", "other_recall"])
def test_a_figure_that_is_no_number_closes_the_gate(figure: str) -> None:
    assert len(against(compared(**{figure: float("nan")}))) == 1


def test_a_comparison_on_few_names_proves_nothing() -> None:
    assert against(compared(rows=99)) == ["the comparison with the champion is on 99 names, less than 100"]


def test_a_champion_that_was_not_compared_with_closes_the_gate() -> None:
    for trained in (GOOD, compared() | {"evaluation": {"comparisons": []}}):
        [reason] = against(trained)
        assert "20260101T030000Z was not compared with" in reason
        assert "compare_with_champion" in reason
    # compared with another version than the one that serves
    assert len(against(compared(), version="20260108T030000Z")) == 1


def test_a_champion_that_cannot_be_read_closes_the_gate() -> None:
    [reason] = against(compared(), reason="its file is gone")
    assert "cannot be compared with: its file is gone" in reason


def test_the_model_that_serves_already_passes() -> None:
    assert against(GOOD | {"sha256": "c" * 64}) == []


def test_without_a_champion_the_rules_for_a_model_alone_decide() -> None:
    assert reasons(GOOD) == []
