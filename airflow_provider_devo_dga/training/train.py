"""Train a GBM on prepared rows, set its threshold and export it as a MOJO that was checked."""

from __future__ import annotations

import logging
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.drift.baseline import Baseline
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.models.summary import Figures, Rows, StrictFile
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.training.cluster.connection import typed_errors
from airflow_provider_devo_dga.training.cluster.durable import Durable
from airflow_provider_devo_dga.training.cluster.interruption import Interruption
from airflow_provider_devo_dga.training.cluster.keys import Keys
from airflow_provider_devo_dga.training.dataset.parted_rows import part_rows
from airflow_provider_devo_dga.training.export import check_mojo_export, export_mojo
from airflow_provider_devo_dga.training.frames import baseline_of, part_frames
from airflow_provider_devo_dga.training.judging.evaluation import evaluate
from airflow_provider_devo_dga.training.judging.h2o_scores import check_answers, score_held_out
from airflow_provider_devo_dga.training.judging.metrics import measure
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart
from airflow_provider_devo_dga.training.judging.threshold import operating_point, threshold_of
from airflow_provider_devo_dga.training.settings import TrainingSettings
from airflow_provider_devo_dga.training.steps import Steps
from airflow_provider_devo_dga.training.trained_model import TrainedModel
from airflow_provider_devo_dga.training.trainer import Trainer

if TYPE_CHECKING:
    from h2o import H2OFrame
    from h2o.estimators import H2OGradientBoostingEstimator

_log = logging.getLogger(__name__)


def train(
    prepared: Path,
    settings: TrainingSettings,
    *,
    output_dir: Path,
    dataset: Dataset | None = None,
    durable: Durable | None = None,
    interruption: Interruption | None = None,
) -> TrainedModel:
    """Train on the connected cluster and leave ``<output_dir>/<model_id>.zip``, a MOJO.

    With a strict budget the same trees are left a second time, ``<model_id>_strict.zip``, with its threshold.

    Call it inside ``LocalCluster.connection()`` or ``h2o_connection()``. Nothing stays on the cluster,
    unless the training is durable.

    :param prepared: file that ``prepare_sources`` wrote; its labels are distinct, so parts share none.
    :param dataset: report to keep with the model.
    :param durable: names on the cluster, to go on with what a former try has left there. All stays there
        until ``durable.remove``, for a try that comes after an error.
    :param interruption: stops the training from a signal handler.
    :raises MojoExportError: before training when this client exports no MOJOs, after it when the file is not
        the model that was trained.
    :raises H2OClusterError: when the cluster goes away.
    :raises TrainingStoppedError: by the interruption.
    :raises TrainingError: for wrong settings, parts without both classes, or a training that H2O gives up.
    """
    check_mojo_export()
    settings.check()
    steps = Steps(interruption or Interruption())
    target = output_dir / f"{settings.model_id}.zip"
    with typed_errors(), scratch_folder() as folder, Keys(settings.model_id, durable) as keys:
        with steps.timed("learn"):
            rows = part_rows(
                prepared,
                folder / "rows.csv",
                settings.parting,
                sets_names_apart=settings.sets_names_apart,
                synthetic_share=settings.synthetic_share,
            )
            features = settings.learn(rows.names)
        keys.take(rows.names.file, settings.decides(features))
        parts = part_frames(rows, features, keys, steps)
        trainer = Trainer(settings, keys, features, rows.names, steps)
        baselines: list[Baseline] = []
        look = partial(_take_baseline, baselines, parts["train"], features, steps)
        with steps.timed("train"):
            model = trainer.fit(parts, meanwhile=look)
        with steps.timed("score"):
            scored = score_held_out(model, parts)
        threshold = threshold_of(scored["valid"], settings.false_positive_budget)
        with steps.timed("export"):
            mojo = export_mojo(model, features, threshold, target)
            strict = _export_strict(model, features, scored, settings, output_dir)
        with steps.timed("evaluate"):
            judged = "test" if "test" in parts else "valid"
            check_answers(target, parts[judged], scored[judged], threshold)
            evaluation = evaluate(model, parts, scored, trainer, dataset)
        # before the keys go: h2o removes a frame with its last name
        del parts, look
    metrics = {name: measure(part, threshold) for name, part in scored.items()}
    _log_metrics(metrics, threshold)
    return TrainedModel(
        settings=settings,
        model_file=target,
        mojo=mojo,
        strict=strict,
        feature_set=features,
        metrics=metrics,
        evaluation=evaluation,
        scored=scored[judged],
        baseline=baselines[0],
        rows=Rows(**rows.rows, teaching=rows.teaching, synthetic=rows.synthetic),
        dataset=dataset,
        seconds=steps.seconds,
    )


def _take_baseline(found: list[Baseline], training: H2OFrame, features: FeatureSet, steps: Steps) -> None:
    with typed_errors(), steps.timed("baseline"):
        found.append(baseline_of(training, features))


def _export_strict(
    model: H2OGradientBoostingEstimator,
    features: FeatureSet,
    scored: dict[str, ScoredPart],
    settings: TrainingSettings,
    output_dir: Path,
) -> StrictFile | None:
    """Leave the model a second time, with the threshold of a smaller budget, when one was given."""
    budget = settings.strict_false_positive_budget
    if budget is None:
        return None
    target = output_dir / f"{settings.model_id}_strict.zip"
    threshold = threshold_of(scored["valid"], budget)
    mojo = export_mojo(model, features, threshold, target)
    point = operating_point(scored["valid"], scored.get("test", scored["valid"]), budget, threshold)
    return StrictFile(**asdict(point), model_file=str(target), sha256=mojo.sha256, size=mojo.size)


def _log_metrics(metrics: dict[str, Figures], threshold: float) -> None:
    for name, found in metrics.items():
        _log.info(
            "%s: AUC %.4f; at %.6f recall %.3f, false-positive rate %.4f, mean recall of families %.3f",
            *(name, found.auc, threshold, found.recall, found.false_positive_rate, found.macro_family_recall),
        )
