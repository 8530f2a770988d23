"""What a training leaves behind: a file, and all that was found out about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from airflow_provider_devo_dga.drift.baseline import Baseline
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.origin import Origin
from airflow_provider_devo_dga.models.summary import (
    Dataset,
    Features,
    Figures,
    Judgement,
    Rows,
    Split,
    StrictFile,
    TrainingSummary,
)
from airflow_provider_devo_dga.training.dataset.report import brief
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart

Record = TypeVar("Record", Figures, Judgement, StrictFile)

_DIGITS = 6
# what decides is told as it is
_EXACT = frozenset({"threshold", "budget"})


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
    :param scored: the rows that it was judged on.
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
    metrics: Figures
    test_metrics: Figures | None
    threshold: float
    false_positive_budget: float
    strict: StrictFile | None
    evaluation: Judgement
    scored: ScoredPart
    split: dict[str, Any]
    baseline: Baseline
    rows: dict[str, int]
    dataset: Dataset | None
    seconds: dict[str, float]
    h2o_version: str

    @property
    def features(self) -> tuple[str, ...]:
        """Columns of the model in order."""
        return self.feature_set.names

    def summary(
        self, version: str, origin: Origin | None = None, params: Mapping[str, Any] | None = None
    ) -> TrainingSummary:
        """Return what is to be known of it, rounded; the feature set is most of it, tens of kilobytes.

        :param origin: the task that trained it.
        :param params: the GBM's parameters.
        """
        import msgspec

        return TrainingSummary(
            version=version,
            **(asdict(origin) if origin else {}),
            model_id=self.model_id,
            model_file=self.model_file,
            sha256=self.sha256,
            size=self.size,
            features=list(self.features),
            feature_set=Features(**self.feature_set.to_dict()),
            metrics=_rounded(self.metrics),
            test_metrics=_rounded(self.test_metrics) if self.test_metrics else None,
            threshold=self.threshold,
            false_positive_budget=self.false_positive_budget,
            strict=_rounded(self.strict) if self.strict else None,
            evaluation=_rounded(self.evaluation),
            split=Split(**self.split),
            baseline=msgspec.to_builtins(self.baseline),
            rows=Rows(**self.rows),
            dataset=brief(self.dataset) if self.dataset else None,
            seconds={step: round(seconds, 2) for step, seconds in self.seconds.items()},
            model_params=dict(params) if params is not None else None,
            h2o_version=self.h2o_version,
        )


def _rounded(record: Record) -> Record:
    import msgspec

    return msgspec.convert(_short(msgspec.to_builtins(record)), type(record))


def _short(value: Any, name: str = "") -> Any:
    match value:
        case float() if name not in _EXACT:
            return round(value, _DIGITS)
        case dict():
            return {key: _short(inner, key) for key, inner in value.items()}
        case list() | tuple():
            return [_short(inner) for inner in value]
        case _:
            return value
