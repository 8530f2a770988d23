"""Train a GBM on prepared rows, set its threshold and export it as a MOJO that was checked."""

from __future__ import annotations

import gc
import logging
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from airflow_provider_devo_dga.training.export_gate import check_mojo_export
from airflow_provider_devo_dga.training.gbm import build_estimator
from airflow_provider_devo_dga.training.metrics import Metrics, ScoredRow, measure
from airflow_provider_devo_dga.training.mojo import MojoInfo, inspect_mojo
from airflow_provider_devo_dga.training.progress import train_with_progress
from airflow_provider_devo_dga.training.split import (
    SPLIT_COLUMNS,
    SPLIT_TYPES,
    PartOf,
    by_hash,
    split_rows,
)
from airflow_provider_devo_dga.training.threshold import choose_threshold
from airflow_provider_devo_dga.training.trained_model import TrainedModel

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
    dataset: DatasetReport | None = None,
    log: logging.Logger | None = None,
) -> TrainedModel:
    """Train on the connected cluster and leave ``<output_dir>/<model_id>.zip``, a MOJO.

    Call it inside ``LocalCluster.connection()`` or ``h2o_connection()``. Nothing stays on the cluster.

    :param prepared: file that ``prepare_dataset`` wrote; its labels are distinct, so parts share none.
    :param feature_set: of a recipe, what is to be learned is learned from the training part alone.
    :param ratios: share for training, and optionally for validation; the rest is validation, or with two
        ratios a test part.
    :param part_of: tells each label's part, ``train``, ``valid`` or ``test``, instead of the ratios.
    :param model_params: parameters of H2O's GBM that replace the defaults (``gbm.DEFAULT_PARAMS``).
    :param false_positive_budget: share of legit validation rows that may be called DGA; sets the threshold
        that the MOJO carries.
    :param dataset: report to keep with the model.
    :raises MojoExportError: before training when this client exports no MOJOs, after it when the file is not
        the model that was trained.
    :raises H2OClusterError: when the cluster goes away.
    :raises TrainingError: for wrong parameters, parts without both classes, or a training that H2O gives up.
    """
    log = log or logging.getLogger(__name__)
    check_mojo_export()
    _check_arguments(model_id, ratios, false_positive_budget)
    run = _Run(f"{model_id}_{secrets.token_hex(4)}", log)
    estimator = build_estimator(model_params, key=run.model_key, seed=seed)
    with _h2o_errors(), _removed(run.frame_key, run.model_key):
        parts = run.load(prepared, feature_set, part_of or by_hash(ratios, seed))
        run.fit(estimator, parts)
        scored = run.score(estimator, parts)
        threshold = _threshold(scored["valid"], false_positive_budget, log)
        info = run.export(estimator, threshold, output_dir / f"{model_id}.zip")
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
        rows=run.rows,
        dataset=dataset,
        seconds=run.seconds,
        h2o_version=info.h2o_version,
    )


class _Run:
    """One training on the cluster, under keys of its own: others may train the same model id there."""

    feature_set: FeatureSet
    rows: dict[str, int]

    def __init__(self, key: str, log: logging.Logger) -> None:
        self.model_key = key
        self.frame_key = f"{key}_rows"
        self.log = log
        self.seconds: dict[str, float] = {}

    def load(self, prepared: Path, wanted: FeatureSet | Recipe, part_of: PartOf) -> dict[str, H2OFrame]:
        with tempfile.TemporaryDirectory(prefix="devo-dga-split-") as folder:
            rows = Path(folder, "rows.csv")
            with self._timed("learn"):
                split = split_rows(prepared, rows, part_of)
                self.rows = split.rows
                self.feature_set = wanted.learn(split.training) if isinstance(wanted, Recipe) else wanted
            with self._timed("load"):
                frame = self._upload(rows)
        with self._timed("features"), _young_objects_only():
            frame = add_features(frame, self.feature_set)
            # the levels decide which class is the positive one
            frame[TARGET] = frame[TARGET].asfactor()
            _check_levels(frame)
            return {part: frame[frame["part"] == part] for part in self.rows}

    def _upload(self, rows: Path) -> H2OFrame:
        import h2o

        return h2o.upload_file(
            str(rows),
            destination_frame=self.frame_key,
            header=1,
            sep=",",
            quotechar='"',
            col_names=list(SPLIT_COLUMNS),
            col_types=list(SPLIT_TYPES),
        )

    def fit(self, estimator: H2OGradientBoostingEstimator, parts: dict[str, H2OFrame]) -> None:
        with self._timed("train"):
            train_with_progress(
                estimator,
                log=self.log,
                x=list(self.feature_set.names),
                y=TARGET,
                training_frame=parts["train"],
                validation_frame=parts["valid"],
            )

    def score(
        self, estimator: H2OGradientBoostingEstimator, parts: dict[str, H2OFrame]
    ) -> dict[str, list[ScoredRow]]:
        with self._timed("score"):
            scored = {name: _scored(estimator, part) for name, part in parts.items() if name != "train"}
        for name, rows in scored.items():
            if len({row.malicious for row in rows}) != 2:
                raise DatasetError(f"The part {name!r} ({len(rows)} rows) lacks one class; give it more rows")
        return scored

    def export(self, estimator: H2OGradientBoostingEstimator, threshold: float, target: Path) -> MojoInfo:
        from h2o.utils.model_utils import reset_model_threshold

        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{self.model_key}.partial")
        try:
            with self._timed("export"):
                reset_model_threshold(estimator, threshold)
                estimator.download_mojo(str(partial))
                info = inspect_mojo(partial)
            _check_mojo(info, self.feature_set, threshold)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return info

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[step] = time.monotonic() - began
        self.log.info("training: step %s took %.1f s", step, self.seconds[step])


def _check_arguments(model_id: str, ratios: Sequence[float], budget: float) -> None:
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


def _check_levels(frame: H2OFrame) -> None:
    levels = tuple(frame[TARGET].levels()[0])
    if levels != LEVELS:
        raise TrainingError(f"The target must have the levels {LEVELS}, the second positive; it has {levels}")


def _scored(estimator: H2OGradientBoostingEstimator, part: H2OFrame) -> list[ScoredRow]:
    predictions = estimator.predict(part)
    with _removed(predictions.frame_id):
        columns = part[TARGET].cbind(part["family"]).cbind(predictions["p1"])
        rows = columns.as_data_frame(use_pandas=False, header=False)
    return [ScoredRow(malicious == "1", family, float(score)) for malicious, family, score in rows]


def _threshold(rows: list[ScoredRow], budget: float, log: logging.Logger) -> float:
    legit = [row.score for row in rows if not row.malicious]
    if budget * len(legit) < 1:
        log.warning("%d legit validation rows are too few to measure a budget of %s", len(legit), budget)
    return choose_threshold(legit, [row.score for row in rows if row.malicious], budget)


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
def _young_objects_only() -> Iterator[None]:
    """Spare h2o the older objects while it turns expressions into requests.

    For every node of an expression it asks ``gc.get_referrers``, which walks all objects of the process:
    beside Airflow's own that made 31 features take eight times as long. Frozen objects are not walked.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _removed(*keys: str) -> Iterator[None]:
    """Remove these keys from the cluster at the end; a cluster that is gone has none."""
    import h2o
    from h2o.exceptions import H2OError

    try:
        yield
    finally:
        for key in keys:
            try:
                h2o.remove(key)
            except H2OError:
                break


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
