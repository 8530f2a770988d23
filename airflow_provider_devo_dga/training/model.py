"""Train a GBM on prepared rows, set its threshold and export it as a MOJO that was checked."""

from __future__ import annotations

import logging
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.drift.baseline import Baseline, baseline_of
from airflow_provider_devo_dga.drift.sample import sample_hosts
from airflow_provider_devo_dga.errors import (
    DatasetError,
    FeatureError,
    H2OClusterError,
    MojoExportError,
    TrainingError,
    TrainingParameterError,
)
from airflow_provider_devo_dga.features import quoting
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.h2o_frame import add_features
from airflow_provider_devo_dga.features.recipe import Recipe
from airflow_provider_devo_dga.training.dataset_report import DatasetReport
from airflow_provider_devo_dga.training.evaluation import EvaluationPlan, Trainer, evaluate
from airflow_provider_devo_dga.training.export_gate import check_mojo_export
from airflow_provider_devo_dga.training.gbm import build_default_estimator, build_estimator
from airflow_provider_devo_dga.training.h2o_scores import check_answers, score_frame
from airflow_provider_devo_dga.training.h2o_session import removed, young_objects_only
from airflow_provider_devo_dga.training.metrics import Metrics, measure
from airflow_provider_devo_dga.training.mojo import MojoInfo, inspect_mojo
from airflow_provider_devo_dga.training.operating_point import operating_point
from airflow_provider_devo_dga.training.parted_rows import (
    PARTED_COLUMNS,
    PARTED_TYPES,
    PartedRows,
    part_rows,
)
from airflow_provider_devo_dga.training.progress import train_with_progress
from airflow_provider_devo_dga.training.scored_part import ScoredPart
from airflow_provider_devo_dga.training.split import PartOf, by_hash
from airflow_provider_devo_dga.training.threshold import choose_threshold
from airflow_provider_devo_dga.training.trained_model import StrictModel, TrainedModel

if TYPE_CHECKING:
    from h2o import H2OFrame
    from h2o.estimators import H2OGradientBoostingEstimator

LEVELS = ("0", "1")
TARGET = "malicious"


def train(
    prepared: Path,
    *,
    feature_set: FeatureSet | Recipe,
    output_dir: Path,
    model_id: str = "dga_classifier",
    ratios: Sequence[float] = (0.8,),
    part_of: PartOf | None = None,
    seed: int = 1234,
    model_params: Mapping[str, Any] | None = None,
    false_positive_budget: float = 0.01,
    strict_false_positive_budget: float | None = None,
    plan: EvaluationPlan | None = None,
    dataset: DatasetReport | None = None,
    log: logging.Logger | None = None,
) -> TrainedModel:
    """Train on the connected cluster and leave ``<output_dir>/<model_id>.zip``, a MOJO.

    With a strict budget the same trees are left a second time, ``<model_id>_strict.zip``, with its threshold.

    Call it inside ``LocalCluster.connection()`` or ``h2o_connection()``. Nothing stays on the cluster.

    :param prepared: file that ``prepare_dataset`` wrote; its labels are distinct, so parts share none.
    :param feature_set: of a recipe, what is to be learned is learned from the training part alone.
    :param ratios: share for training, and optionally for validation; the rest is validation, or with two
        ratios a test part.
    :param part_of: tells each label's part, ``train``, ``valid`` or ``test``, instead of the ratios.
    :param model_params: parameters of H2O's GBM that replace the defaults (``gbm.DEFAULT_PARAMS``).
    :param false_positive_budget: share of legit validation rows that may be called DGA; sets the threshold
        that the MOJO carries.
    :param strict_false_positive_budget: a smaller share, for the second MOJO; None leaves none.
    :param plan: what to find out about the model beyond its figures.
    :param dataset: report to keep with the model.
    :raises MojoExportError: before training when this client exports no MOJOs, after it when the file is not
        the model that was trained.
    :raises H2OClusterError: when the cluster goes away.
    :raises TrainingError: for wrong parameters, parts without both classes, or a training that H2O gives up.
    """
    log = log or logging.getLogger(__name__)
    check_mojo_export()
    _check_arguments(model_id, ratios, false_positive_budget, strict_false_positive_budget)
    plan = plan or EvaluationPlan()
    run = _Run(f"{model_id}_{secrets.token_hex(4)}", log)
    estimator = build_estimator(model_params, key=run.model_key, seed=seed)
    split = {"seed": seed, "ratios": list(ratios)}
    with _h2o_errors(), removed(run.frame_key, run.model_key), run.others:
        parts = run.load(prepared, feature_set, part_of or by_hash(ratios, seed))
        run.fit(estimator, parts)
        scored = run.score(estimator, parts)
        threshold = _threshold(scored["valid"], false_positive_budget, log)
        info = run.export(estimator, threshold, output_dir / f"{model_id}.zip")
        strict = None
        if strict_false_positive_budget is not None:
            strict = run.export_strict(
                estimator, scored, strict_false_positive_budget, output_dir / f"{model_id}_strict.zip"
            )
        with run.timed("evaluate"):
            judged = "test" if "test" in parts else "valid"
            check_answers(output_dir / f"{model_id}.zip", parts[judged], scored[judged], threshold)
            evaluation = evaluate(
                plan,
                parts,
                scored,
                run.trainer(model_params, seed),
                importances={name: float(share) for name, _, _, share in estimator.varimp() or ()},
                families=dataset.families if dataset else {},
                budget=false_positive_budget,
                split=split,
                log=log,
            )
        del parts
    metrics = {name: measure(part, threshold) for name, part in scored.items()}
    _log_metrics(metrics, threshold, log)
    return TrainedModel(
        model_id=model_id,
        model_file=str(output_dir / f"{model_id}.zip"),
        sha256=info.sha256,
        size=info.size,
        feature_set=run.feature_set,
        metrics=metrics["valid"],
        test_metrics=metrics.get("test"),
        threshold=threshold,
        false_positive_budget=false_positive_budget,
        strict=strict,
        evaluation=evaluation,
        split=split,
        baseline=run.baseline,
        rows=run.parted.rows,
        dataset=dataset,
        seconds=run.seconds,
        h2o_version=info.h2o_version,
    )


class _Run:
    """One training on the cluster, under keys of its own: others may train the same model id there."""

    feature_set: FeatureSet
    parted: PartedRows
    baseline: Baseline

    def __init__(self, key: str, log: logging.Logger) -> None:
        self.model_key = key
        self.frame_key = f"{key}_rows"
        self.log = log
        self.seconds: dict[str, float] = {}
        self.others = ExitStack()
        """Removes the files and the models that were made for this training only."""

    def load(self, prepared: Path, wanted: FeatureSet | Recipe, part_of: PartOf) -> dict[str, H2OFrame]:
        folder = self.others.enter_context(tempfile.TemporaryDirectory(prefix="devo-dga-parts-"))
        self.wanted = wanted
        with self.timed("learn"):
            self.parted = part_rows(prepared, Path(folder, "rows.csv"), part_of)
            self.feature_set = wanted.learn(self.parted.names) if isinstance(wanted, Recipe) else wanted
        with self.timed("baseline"):
            self.baseline = baseline_of(sample_hosts(self.parted.legit_hosts()), self.feature_set)
        with self.timed("load"):
            frame = self._upload(self.parted.names.file)
        with self.timed("features"), young_objects_only():
            frame = add_features(frame, self.feature_set)
            # the levels decide which class is the positive one
            frame[TARGET] = frame[TARGET].asfactor()
            _check_levels(frame)
            return {part: frame[frame["part"] == part, :] for part in self.parted.rows}

    def _upload(self, rows: Path) -> H2OFrame:
        import h2o

        return h2o.upload_file(
            str(rows),
            destination_frame=self.frame_key,
            header=1,
            sep=",",
            quotechar='"',
            col_names=list(PARTED_COLUMNS),
            col_types=list(PARTED_TYPES),
        )

    def fit(self, estimator: H2OGradientBoostingEstimator, parts: dict[str, H2OFrame]) -> None:
        with self.timed("train"):
            self._train(estimator, parts["train"], parts["valid"], self.feature_set)

    def trainer(self, model_params: Mapping[str, Any] | None, seed: int) -> Trainer:
        """Return how to train models of the same kind, and H2O's default one, for comparison."""

        def like_it(training: H2OFrame, validation: H2OFrame) -> H2OGradientBoostingEstimator:
            estimator = build_estimator(model_params, key=self._other_key(), seed=seed)
            self._train(estimator, training, validation, self.feature_set)
            return estimator

        def default(parts: dict[str, H2OFrame], features: FeatureSet) -> H2OGradientBoostingEstimator:
            estimator = build_default_estimator(key=self._other_key(), seed=seed)
            self._train(estimator, parts["train"], parts["valid"], features)
            return estimator

        return Trainer(like_it, default, self._without)

    def _without(self, parts: dict[str, H2OFrame], families: Sequence[str]) -> dict[str, H2OFrame]:
        """Return the parts with features that have learned nothing from these families."""
        if not isinstance(self.wanted, Recipe):
            return parts
        learned = self.wanted.learn(self.parted.names.without(families))
        with young_objects_only():
            return {name: add_features(part[list(PARTED_COLUMNS)], learned) for name, part in parts.items()}

    def _train(
        self,
        estimator: H2OGradientBoostingEstimator,
        training: H2OFrame,
        validation: H2OFrame,
        features: FeatureSet,
    ) -> None:
        train_with_progress(
            estimator,
            log=self.log,
            x=list(features.names),
            y=TARGET,
            training_frame=training,
            validation_frame=validation,
        )

    def _other_key(self) -> str:
        key = f"{self.model_key}_{secrets.token_hex(4)}"
        self.others.enter_context(removed(key))
        return key

    def score(
        self, estimator: H2OGradientBoostingEstimator, parts: dict[str, H2OFrame]
    ) -> dict[str, ScoredPart]:
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
        threshold = _threshold(scored["valid"], budget, self.log)
        info = self.export(estimator, threshold, target)
        judged = scored.get("test", scored["valid"])
        point = operating_point(scored["valid"], judged, budget, threshold)
        return StrictModel(str(target), info.sha256, info.size, point)

    def export(self, estimator: H2OGradientBoostingEstimator, threshold: float, target: Path) -> MojoInfo:
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
        began = time.monotonic()
        yield
        self.seconds[step] = time.monotonic() - began
        self.log.info("training: step %s took %.1f s", step, self.seconds[step])


def _check_arguments(model_id: str, ratios: Sequence[float], budget: float, strict: float | None) -> None:
    try:
        quoting.model_name(model_id)
    except FeatureError as error:
        raise TrainingParameterError(str(error)) from None
    if not 1 <= len(ratios) <= 2 or min(ratios) <= 0 or sum(ratios) >= 1:
        raise TrainingParameterError(
            f"ratios must be one or two shares above 0 that sum to less than 1, not {ratios}"
        )
    if not 0 < budget < 1:
        raise TrainingParameterError(f"The false-positive budget must lie between 0 and 1, not {budget}")
    if strict is not None and not 0 < strict < budget:
        raise TrainingParameterError(
            f"The strict false-positive budget must lie between 0 and {budget}, the other one, not {strict}"
        )


def _check_levels(frame: H2OFrame) -> None:
    levels = tuple(frame[TARGET].levels()[0])
    if levels != LEVELS:
        raise TrainingError(f"The target must have the levels {LEVELS}, the second positive; it has {levels}")


def _threshold(part: ScoredPart, budget: float, log: logging.Logger) -> float:
    if budget * len(part.legit) < 1:
        log.warning("%d legit validation rows are too few to measure a budget of %s", len(part.legit), budget)
    return choose_threshold(part.legit, part.dga, budget)


def _check_mojo(info: MojoInfo, feature_set: FeatureSet, threshold: float) -> None:
    expected = (feature_set.names, LEVELS, threshold)
    found = (info.columns, info.response_domain, info.default_threshold)
    if found != expected:
        raise MojoExportError(f"The exported MOJO is not the model that was trained: {found}, not {expected}")


def _log_metrics(metrics: dict[str, Metrics], threshold: float, log: logging.Logger) -> None:
    for name, found in metrics.items():
        log.info(
            "%s: AUC %.4f; at %.6f recall %.3f, false-positive rate %.4f, mean recall of families %.3f",
            *(name, found.auc, threshold, found.recall, found.false_positive_rate, found.macro_family_recall),
        )


@contextmanager
def _h2o_errors() -> Iterator[None]:
    from h2o.exceptions import (
        H2OConnectionError,
        H2OJobCancelled,
        H2OResponseError,
        H2OTypeError,
        H2OValueError,
    )

    try:
        yield
    except H2OConnectionError as error:
        raise H2OClusterError(f"The H2O cluster went away: {_first_line(error)}") from error
    except (H2OJobCancelled, H2OResponseError, H2OTypeError, H2OValueError) as error:
        raise TrainingError(f"H2O refused: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
