"""What a training leaves behind: a file, and all that was found out about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from airflow_provider_devo_dga.drift.baseline import Baseline
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.models.mojo import MojoInfo
from airflow_provider_devo_dga.models.origin import Origin
from airflow_provider_devo_dga.models.summary import (
    Features,
    Figures,
    Judgement,
    Rows,
    Split,
    StrictFile,
    TrainingSummary,
)
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart
from airflow_provider_devo_dga.training.settings import TrainingSettings

Record = TypeVar("Record", Figures, Judgement, StrictFile)

_MOST_FAMILIES = 40
_MOST_SOURCES = 20
_DIGITS = 6
# what decides is told as it is
_EXACT = frozenset({"threshold", "budget"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """A MOJO on disk and everything that is known of it.

    :param model_file: path of the MOJO.
    :param mojo: what the file says of itself, the threshold too.
    :param strict: the second MOJO; None when none was asked for.
    :param feature_set: its columns in order and what they mean, with all that was learned.
    :param metrics: by held-out part; the threshold was chosen on ``valid``, nothing on ``test``.
    :param evaluation: what the model is worth on held-out rows, and against other models.
    :param scored: the rows that it was judged on.
    :param baseline: how the features of legit training names are distributed.
    :param dataset: what the dataset held, when the caller said.
    :param seconds: duration by step.
    """

    settings: TrainingSettings
    model_file: Path
    mojo: MojoInfo
    strict: StrictFile | None
    feature_set: FeatureSet
    metrics: Mapping[str, Figures]
    evaluation: Judgement
    scored: ScoredPart
    baseline: Baseline
    rows: Rows
    dataset: Dataset | None
    seconds: Mapping[str, float]

    def summary(self, version: str, origin: Origin | None = None) -> TrainingSummary:
        """Return what is to be known of it, rounded; the feature set is most of it, tens of kilobytes.

        :param origin: the task that trained it.
        """
        import msgspec

        return TrainingSummary(
            version=version,
            **(asdict(origin) if origin else {}),
            model_id=self.settings.model_id,
            model_file=str(self.model_file),
            sha256=self.mojo.sha256,
            size=self.mojo.size,
            features=list(self.feature_set.names),
            feature_set=Features(**self.feature_set.to_dict()),
            metrics=_rounded(self.metrics["valid"]),
            test_metrics=_rounded(self.metrics["test"]) if "test" in self.metrics else None,
            threshold=self.mojo.default_threshold,
            false_positive_budget=self.settings.false_positive_budget,
            strict=_rounded(self.strict) if self.strict else None,
            evaluation=_rounded(self.evaluation),
            split=Split(**self.settings.split),
            baseline=msgspec.to_builtins(self.baseline),
            rows=self.rows,
            dataset=brief(self.dataset) if self.dataset else None,
            seconds={step: round(seconds, 2) for step, seconds in self.seconds.items()},
            model_params=self.settings.params,
            h2o_version=self.mojo.h2o_version,
        )


def brief(report: Dataset) -> Dataset:
    """Return the report with the 40 largest families and the first 20 sources."""
    largest = sorted(report.families.items(), key=lambda item: (-item[1], item[0]))[:_MOST_FAMILIES]
    return replace(
        report,
        families=dict(largest),
        families_left_out=len(report.families) - len(largest),
        sources=report.sources[:_MOST_SOURCES],
        sources_left_out=max(0, len(report.sources) - _MOST_SOURCES),
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
