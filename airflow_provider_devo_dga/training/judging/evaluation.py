"""Judge a trained model on names that it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.models.dataset import Dataset
from airflow_provider_devo_dga.models.summary import Judgement, SuspectedErrors
from airflow_provider_devo_dga.training.judging.comparison import (
    compare_champion,
    compare_tutorial,
)
from airflow_provider_devo_dga.training.judging.h2o_scores import score_frame
from airflow_provider_devo_dga.training.judging.metrics import calibration_error, reliability
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart, joined
from airflow_provider_devo_dga.training.judging.threshold import operating_points
from airflow_provider_devo_dga.training.judging.unseen_families import judge_unseen
from airflow_provider_devo_dga.training.trainer import Trainer

if TYPE_CHECKING:
    from h2o import H2OFrame
    from h2o.estimators import H2OGradientBoostingEstimator

_SUSPECTS_TOLD = 10
_FEATURES_TOLD = 20


def evaluate(
    model: H2OGradientBoostingEstimator,
    parts: dict[str, H2OFrame],
    scored: Mapping[str, ScoredPart],
    trainer: Trainer,
    dataset: Dataset | None,
) -> Judgement:
    """Judge the model whose held-out scores are ``scored``; call it with the cluster connected.

    :param parts: frames by part, with the model's features.
    :param dataset: what the dataset held; says which families could be left out.
    """
    plan = trainer.settings.plan
    judged = "test" if "test" in scored else "valid"
    unseen = None
    if plan.unseen_family_folds:
        unseen = judge_unseen(parts, dataset.families if dataset else {}, trainer)
    comparisons = []
    if plan.tutorial:
        comparisons.append(compare_tutorial(parts, trainer))
    if plan.champion:
        champion = compare_champion(plan.champion, parts, scored, trainer.settings)
        comparisons += [champion] if champion else []
    suspects = [part.suspects for part in scored.values()]
    if plan.check_labels:
        suspects.append(_suspects_of_training(parts, trainer))
    found = joined(suspects)
    bins = reliability(scored[judged])
    return Judgement(
        judged=judged,
        legit=len(scored[judged].legit),
        dga=len(scored[judged].dga),
        points=operating_points(scored["valid"], scored[judged]),
        calibration_error=calibration_error(bins),
        reliability=list(bins),
        unseen_families=unseen,
        comparisons=comparisons,
        importances={name: float(share) for name, _, _, share in (model.varimp() or ())[:_FEATURES_TOLD]},
        suspected_label_errors=replace(found, highest=found.highest[:_SUSPECTS_TOLD]),
    )


def _suspects_of_training(parts: dict[str, H2OFrame], trainer: Trainer) -> SuspectedErrors:
    others = [part for name, part in parts.items() if name != "train"]
    rest = others[0].rbind(others[1:]) if others[1:] else others[0]
    model = trainer.like_it(rest, parts["train"])
    return score_frame(model, parts["train"]).suspects
