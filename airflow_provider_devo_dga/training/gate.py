"""The quality gate: is a trained model fit to be registered at all?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class QualityGate:
    """What a model must reach on names that it was not trained on.

    :param min_auc: area under the ROC curve.
    :param min_recall: share of DGA names flagged at the model's threshold.
    :param max_false_positive_rate: share of legit names flagged at that threshold.
    :param min_rows: held-out names of the figures; fewer prove nothing.
    """

    min_auc: float = 0.8
    min_recall: float = 0.3
    max_false_positive_rate: float = 0.02
    min_rows: int = 500

    def reasons_against(self, trained: Mapping[str, Any]) -> list[str]:
        """Return why the model must not pass; an empty list lets it through.

        Figures that are missing are reasons too: the gate fails closed.

        :param trained: what ``H2OTrainOperator`` returned; its test figures count, else the validation ones.
        """
        metrics = trained.get("test_metrics") or trained.get("metrics") or {}
        rows = trained.get("rows") or {}
        figures = (
            ("AUC", metrics.get("auc"), self.min_auc, True),
            ("recall", metrics.get("recall"), self.min_recall, True),
            ("false-positive rate", metrics.get("false_positive_rate"), self.max_false_positive_rate, False),
            ("held-out names", rows.get("test") or rows.get("valid"), self.min_rows, True),
        )
        return [
            reason
            for name, value, bound, at_least in figures
            if (reason := _reason(name, value, bound, at_least=at_least))
        ]


def _reason(name: str, value: float | None, bound: float, *, at_least: bool) -> str | None:
    if value is None:
        return f"{name} is not known"
    if (value >= bound) if at_least else (value <= bound):
        return None
    return f"{name} is {value:.4g}, {'less' if at_least else 'more'} than {bound:.4g}"
