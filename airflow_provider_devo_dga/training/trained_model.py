"""What a training leaves behind, fit to travel between tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_provider_devo_dga.documents import FIELD
from airflow_provider_devo_dga.drift.baseline import Baseline
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.summary import SUMMARY, TrainingSummary
from airflow_provider_devo_dga.training.dataset.report import DatasetReport
from airflow_provider_devo_dga.training.judging.evaluation import Evaluation
from airflow_provider_devo_dga.training.judging.metrics import Metrics
from airflow_provider_devo_dga.training.judging.operating_point import OperatingPoint


@dataclass(frozen=True, slots=True)
class StrictModel:
    """The same trees in a second MOJO, with the threshold of a smaller false-positive budget.

    :param point: the budget, its threshold (also in the MOJO), and what it does to held-out rows.
    """

    model_file: str
    sha256: str
    size: int
    point: OperatingPoint


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A MOJO on disk and everything that is known of it.

    :param model_file: path of the MOJO.
    :param size: bytes of the MOJO.
    :param feature_set: its columns in order and what they mean, with all that was learned.
    :param metrics: on the validation part, on which the threshold was chosen too.
    :param test_metrics: on the part that nothing was chosen on; None when the ratios left none.
    :param threshold: score at or above which the model's label is ``1``; also in the MOJO.
    :param false_positive_budget: share of legit validation rows that the threshold was to keep to.
    :param strict: the second MOJO; None when none was asked for.
    :param evaluation: what the model is worth on held-out rows, and against other models.
    :param split: ``{"seed", "ratios"}``; with the same ones a name falls into the same part again.
    :param baseline: how the features of legit training names are distributed.
    :param rows: rows by part: ``train``, ``valid`` and, with two ratios, ``test``.
    :param dataset: what the dataset held, when the caller said.
    :param seconds: duration by step.
    """

    model_id: str
    model_file: str
    sha256: str
    size: int
    feature_set: FeatureSet
    metrics: Metrics
    test_metrics: Metrics | None
    threshold: float
    false_positive_budget: float
    strict: StrictModel | None
    evaluation: Evaluation
    split: dict[str, Any]
    baseline: Baseline
    rows: dict[str, int]
    dataset: DatasetReport | None
    seconds: dict[str, float]
    h2o_version: str

    @property
    def features(self) -> tuple[str, ...]:
        """Columns of the model in order."""
        return self.feature_set.names

    def summary(self, version: str, **told: Any) -> TrainingSummary:
        """Return what is to be known of it, rounded; the feature set is most of it, tens of kilobytes.

        :param told: more of the summary's fields.
        """
        import msgspec

        strict = self.strict
        found = {
            "version": version,
            "model_id": self.model_id,
            "model_file": self.model_file,
            "sha256": self.sha256,
            "size": self.size,
            "features": list(self.features),
            "feature_set": self.feature_set.to_dict(),
            "metrics": self.metrics.to_dict(),
            "test_metrics": self.test_metrics.to_dict() if self.test_metrics else None,
            "threshold": self.threshold,
            "false_positive_budget": self.false_positive_budget,
            "strict": {
                "model_file": strict.model_file,
                "sha256": strict.sha256,
                "size": strict.size,
                **strict.point.to_dict(),
            }
            if strict
            else None,
            "evaluation": self.evaluation.to_dict(),
            "split": self.split,
            "baseline": msgspec.to_builtins(self.baseline),
            "rows": self.rows,
            "dataset": self.dataset.to_dict() if self.dataset else None,
            "seconds": {step: round(seconds, 2) for step, seconds in self.seconds.items()},
            "h2o_version": self.h2o_version,
        }
        return SUMMARY.of({FIELD: SUMMARY.format, **found, **told}, "The training's own summary")
