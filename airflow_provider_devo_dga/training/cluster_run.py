"""One training on a cluster, step by step, under keys of its own."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.drift.baseline import Baseline, baseline_of_features
from airflow_provider_devo_dga.drift.sample import MOST
from airflow_provider_devo_dga.errors import DatasetError, MojoExportError, TrainingError
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.h2o_frame import add_features
from airflow_provider_devo_dga.features.recipe import Recipe
from airflow_provider_devo_dga.models.mojo import MojoInfo, inspect_mojo
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.training.cluster.address import megabytes
from airflow_provider_devo_dga.training.cluster.connection import current_address
from airflow_provider_devo_dga.training.cluster.durable import Durable, content_of
from airflow_provider_devo_dga.training.cluster.interruption import Interruption
from airflow_provider_devo_dga.training.cluster.progress import train_with_progress
from airflow_provider_devo_dga.training.cluster.session import downloaded, removed
from airflow_provider_devo_dga.training.dataset.parted_rows import (
    PARTED_COLUMNS,
    PARTED_TYPES,
    PartedRows,
    part_rows,
)
from airflow_provider_devo_dga.training.dataset.split import PartOf
from airflow_provider_devo_dga.training.gbm import build_default_estimator, build_estimator
from airflow_provider_devo_dga.training.judging.evaluation import Trainer
from airflow_provider_devo_dga.training.judging.h2o_scores import score_frame
from airflow_provider_devo_dga.training.judging.operating_point import operating_point
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart
from airflow_provider_devo_dga.training.judging.threshold import choose_threshold
from airflow_provider_devo_dga.training.trained_model import StrictModel

if TYPE_CHECKING:
    from h2o import H2OFrame
    from h2o.estimators import H2OGradientBoostingEstimator

LEVELS = ("0", "1")
TARGET = "malicious"


class ClusterRun:
    """One training on the cluster, under keys of its own: others may train the same model id there.

    :param durable: names that the next try finds again; None takes random ones, and removes all at the end.
    :param depends: what the model depends on beside rows and features, as plain values.
    """

    feature_set: FeatureSet
    parted: PartedRows
    baseline: Baseline

    def __init__(
        self,
        model_id: str,
        log: logging.Logger,
        *,
        durable: Durable | None,
        depends: Mapping[str, Any],
        interruption: Interruption,
    ) -> None:
        self.model_key = f"{model_id}_{secrets.token_hex(4)}"
        self.log = log
        self.durable = durable
        self.depends = depends
        self.interruption = interruption
        self.seconds: dict[str, float] = {}
        self.others = ExitStack()
        """Removes the files and the models that were made for this training only."""
        self._made = 0

    def load(self, prepared: Path, wanted: FeatureSet | Recipe, part_of: PartOf) -> dict[str, H2OFrame]:
        """Return the frames by part, with features."""
        folder = self.others.enter_context(scratch_folder())
        self.wanted = wanted
        with self.timed("learn"):
            self.parted = part_rows(prepared, Path(folder, "rows.csv"), part_of)
            self.feature_set = wanted.learn(self.parted.names) if isinstance(wanted, Recipe) else wanted
        self._take_keys()
        parts = self._parts_of_before() or self._new_parts()
        with self.timed("baseline"):
            self.baseline = self._baseline(parts["train"])
        return parts

    def _new_parts(self) -> dict[str, H2OFrame]:
        with self.timed("load"):
            frame = self._upload(self.parted.names.file)
        with self.timed("features"):
            frame = add_features(frame, self.feature_set)
            # the levels decide which class is the positive one
            frame[TARGET] = frame[TARGET].asfactor()
            _check_levels(frame)
            return {part: self._kept(frame[frame["part"] == part, :], part) for part in self.parted.rows}

    def _take_keys(self) -> None:
        """Take the keys on the cluster that are ours, and clear the place of what former runs have left."""
        if self.durable is None:
            self.others.enter_context(removed(f"{self.model_key}_rows", self.model_key))
            return
        import h2o

        facts = {"features": self.feature_set.fingerprint, **self.depends}
        self.model_key = self.durable.model_key(content_of(self.parted.names.file, facts))
        self.durable.settle(current_address(), self.model_key)
        # frames without a key of their own are the session's: under a key that the next try can derive
        h2o.connection()._session_id = self.durable.session

    def _parts_of_before(self) -> dict[str, H2OFrame] | None:
        """Return the parts as a former try has left them on the cluster; None when one is not there."""
        if self.durable is None:
            return None
        import h2o

        keys = {part: f"{self.model_key}_{part}" for part in self.parted.rows}
        if not all(current_address().ask("GET", f"/3/Frames/{key}/light") for key in keys.values()):
            return None
        self.log.info("training: found the rows again")
        return {part: h2o.get_frame(key) for part, key in keys.items()}

    def _baseline(self, training: H2OFrame) -> Baseline:
        """Return how features are distributed over a sample of the legit rows."""
        import numpy as np

        legit = training[training[TARGET] == "0", list(self.feature_set.names)]
        share = MOST / max(legit.nrow, 1)
        sample = legit[legit.runif(seed=1) < share, :] if share < 1 else legit
        with downloaded(sample) as batches:
            rows = [np.column_stack([column.to_numpy() for column in batch.columns]) for batch in batches]
        empty = np.empty((0, len(self.feature_set.names)))
        return baseline_of_features(self.feature_set.names, np.concatenate([empty, *rows]))

    def _kept(self, frame: H2OFrame, part: str) -> H2OFrame:
        import h2o

        return h2o.assign(frame, f"{self.model_key}_{part}") if self.durable else frame

    def _upload(self, rows: Path) -> H2OFrame:
        import h2o

        # the raw file goes with the parsing; one that was left half sent is replaced by the next
        raw = f"{self.durable.task if self.durable else self.model_key}_raw"
        current_address().upload(rows, raw, self._tell_upload)
        setup = h2o.parse_setup(
            raw,
            destination_frame=f"{self.model_key}_rows",
            header=1,
            separator=",",
            quotechar='"',
            column_names=list(PARTED_COLUMNS),
            column_types=list(PARTED_TYPES),
        )
        return h2o.parse_raw(setup)

    def _tell_upload(self, sent: int, size: int) -> None:
        self.interruption.check()
        share = 100 * sent / max(size, 1)
        self.log.info("upload: %.0f %%, %d of %d MB", share, megabytes(sent), megabytes(size))

    def fit(
        self, model_params: Mapping[str, Any] | None, seed: int, parts: dict[str, H2OFrame]
    ) -> H2OGradientBoostingEstimator:
        """Train the model itself."""
        estimator = build_estimator(model_params, key=self.model_key, seed=seed)
        with self.timed("train"):
            return self._train(estimator, parts["train"], parts["valid"], self.feature_set)

    def trainer(self, model_params: Mapping[str, Any] | None, seed: int) -> Trainer:
        """Return how to train models of the same kind, and H2O's default one, for comparison."""

        def like_it(training: H2OFrame, validation: H2OFrame) -> H2OGradientBoostingEstimator:
            estimator = build_estimator(model_params, key=self._other_key(), seed=seed)
            return self._train(estimator, training, validation, self.feature_set)

        def default(parts: dict[str, H2OFrame], features: FeatureSet) -> H2OGradientBoostingEstimator:
            estimator = build_default_estimator(key=self._other_key(), seed=seed)
            return self._train(estimator, parts["train"], parts["valid"], features)

        return Trainer(like_it, default, self._without)

    def _without(self, parts: dict[str, H2OFrame], families: Sequence[str]) -> dict[str, H2OFrame]:
        """Return the parts with features that have learned nothing from these families."""
        if not isinstance(self.wanted, Recipe):
            return parts
        learned = self.wanted.learn(self.parted.names.without(families))
        return {name: add_features(part[list(PARTED_COLUMNS)], learned) for name, part in parts.items()}

    def _train(
        self,
        estimator: H2OGradientBoostingEstimator,
        training: H2OFrame,
        validation: H2OFrame,
        features: FeatureSet,
    ) -> H2OGradientBoostingEstimator:
        return train_with_progress(
            estimator,
            log=self.log,
            interruption=self.interruption,
            attach=self.durable is not None,
            x=list(features.names),
            y=TARGET,
            training_frame=training,
            validation_frame=validation,
        )

    def _other_key(self) -> str:
        self._made += 1
        # each try trains the same models in the same order
        key = f"{self.model_key}_{self._made}"
        if self.durable is None:
            self.others.enter_context(removed(key))
        return key

    def score(
        self, estimator: H2OGradientBoostingEstimator, parts: dict[str, H2OFrame]
    ) -> dict[str, ScoredPart]:
        """Return the scores of the held-out parts.

        :raises DatasetError: one of them lacks a class.
        """
        with self.timed("score"):
            scored = {name: score_frame(estimator, part) for name, part in parts.items() if name != "train"}
        for name, part in scored.items():
            if not len(part.legit) or not len(part.dga):
                raise DatasetError(f"The part {name!r} ({len(part)} rows) lacks one class; give it more rows")
        return scored

    def export_strict(
        self,
        estimator: H2OGradientBoostingEstimator,
        scored: dict[str, ScoredPart],
        budget: float,
        target: Path,
    ) -> StrictModel:
        """Leave the model a second time, with the threshold of a smaller budget."""
        threshold = threshold_for(scored["valid"], budget, self.log)
        info = self.export(estimator, threshold, target)
        judged = scored.get("test", scored["valid"])
        point = operating_point(scored["valid"], judged, budget, threshold)
        return StrictModel(str(target), info.sha256, info.size, point)

    def export(self, estimator: H2OGradientBoostingEstimator, threshold: float, target: Path) -> MojoInfo:
        """Leave the model as a MOJO with this threshold."""
        from h2o.utils.model_utils import reset_model_threshold

        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{self.model_key}.partial")
        try:
            with self.timed("export"):
                reset_model_threshold(estimator, threshold)
                estimator.download_mojo(str(partial))
                info = inspect_mojo(partial)
            _check_mojo(info, self.feature_set, threshold)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return info

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Run a step, unless the training was stopped, and note its duration."""
        self.interruption.check()
        began = time.monotonic()
        yield
        self.seconds[step] = time.monotonic() - began
        self.log.info("training: step %s took %.1f s", step, self.seconds[step])


def _check_levels(frame: H2OFrame) -> None:
    levels = tuple(frame[TARGET].levels()[0])
    if levels != LEVELS:
        raise TrainingError(f"The target must have the levels {LEVELS}, the second positive; it has {levels}")


def threshold_for(part: ScoredPart, budget: float, log: logging.Logger) -> float:
    """Return the threshold that keeps to the budget on these rows."""
    if budget * len(part.legit) < 1:
        log.warning("%d legit validation rows are too few to measure a budget of %s", len(part.legit), budget)
    return choose_threshold(part.legit, part.dga, budget)


def _check_mojo(info: MojoInfo, feature_set: FeatureSet, threshold: float) -> None:
    expected = (feature_set.names, LEVELS, threshold)
    found = (info.columns, info.response_domain, info.default_threshold)
    if found != expected:
        raise MojoExportError(f"The exported MOJO is not the model that was trained: {found}, not {expected}")
