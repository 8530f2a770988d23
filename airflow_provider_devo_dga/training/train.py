"""Train a GBM on prepared rows, set its threshold and export it as a MOJO that was checked."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airflow_provider_devo_dga.errors import (
    FeatureError,
    H2OClusterError,
    TrainingError,
    TrainingParameterError,
)
from airflow_provider_devo_dga.features import quoting
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.recipe import Recipe
from airflow_provider_devo_dga.training.cluster.durable import Durable
from airflow_provider_devo_dga.training.cluster.interruption import Interruption
from airflow_provider_devo_dga.training.cluster_run import ClusterRun, threshold_for
from airflow_provider_devo_dga.training.dataset.report import DatasetReport
from airflow_provider_devo_dga.training.dataset.split import PartOf, by_hash
from airflow_provider_devo_dga.training.export_gate import check_mojo_export
from airflow_provider_devo_dga.training.gbm import DEFAULT_PARAMS, build_estimator
from airflow_provider_devo_dga.training.judging.evaluation import EvaluationPlan, evaluate
from airflow_provider_devo_dga.training.judging.h2o_scores import check_answers
from airflow_provider_devo_dga.training.judging.metrics import Metrics, measure
from airflow_provider_devo_dga.training.trained_model import TrainedModel


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
    durable: Durable | None = None,
    interruption: Interruption | None = None,
    log: logging.Logger | None = None,
) -> TrainedModel:
    """Train on the connected cluster and leave ``<output_dir>/<model_id>.zip``, a MOJO.

    With a strict budget the same trees are left a second time, ``<model_id>_strict.zip``, with its threshold.

    Call it inside ``LocalCluster.connection()`` or ``h2o_connection()``. Nothing stays on the cluster,
    unless the training is durable.

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
    :param durable: names on the cluster, to go on with what a former try has left there. All stays there
        until ``durable.remove``, for a try that comes after an error.
    :param interruption: stops the training from a signal handler.
    :raises MojoExportError: before training when this client exports no MOJOs, after it when the file is not
        the model that was trained.
    :raises H2OClusterError: when the cluster goes away.
    :raises TrainingStoppedError: by the interruption.
    :raises TrainingError: for wrong parameters, parts without both classes, or a training that H2O gives up.
    """
    log = log or logging.getLogger(__name__)
    check_mojo_export()
    _check_arguments(model_id, ratios, false_positive_budget, strict_false_positive_budget)
    plan = plan or EvaluationPlan()
    split = {"seed": seed, "ratios": list(ratios)}
    build_estimator(model_params, key=model_id, seed=seed)  # refuses what is wrong before anything is sent
    trainings = [plan.unseen_family_folds, plan.tutorial, plan.check_labels]
    run = ClusterRun(
        model_id,
        log,
        durable=durable,
        depends={"params": {**DEFAULT_PARAMS, **(model_params or {})}, "split": split, "plan": trainings},
        interruption=interruption or Interruption(),
    )
    with _h2o_errors(), run.others:
        parts = run.load(prepared, feature_set, part_of or by_hash(ratios, seed))
        estimator = run.fit(model_params, seed, parts)
        scored = run.score(estimator, parts)
        threshold = threshold_for(scored["valid"], false_positive_budget, log)
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
