from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_devo_dga.training.gate import QualityGate

GATE = QualityGate(min_auc=0.9, min_recall=0.5, max_false_positive_rate=0.02, min_rows=100)
GOOD: dict[str, Any] = {
    "metrics": {"auc": 0.9, "recall": 0.5, "false_positive_rate": 0.02},
    "rows": {"train": 1000, "valid": 100},
}


def test_a_model_at_every_bound_passes() -> None:
    assert GATE.reasons_against(GOOD) == []


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
    assert GATE.reasons_against(GOOD | {"metrics": GOOD["metrics"] | {figure: value}}) == [reason]


def test_test_figures_count_before_validation_figures() -> None:
    worse = {"auc": 0.5, "recall": 0.5, "false_positive_rate": 0.02}
    assert GATE.reasons_against(GOOD | {"test_metrics": worse}) == ["AUC is 0.5, less than 0.9"]


def test_few_held_out_names_prove_nothing() -> None:
    assert GATE.reasons_against(GOOD | {"rows": {"valid": 99}}) == ["held-out names is 99, less than 100"]


def test_no_figures_at_all_close_the_gate() -> None:
    assert len(GATE.reasons_against({})) == 4
