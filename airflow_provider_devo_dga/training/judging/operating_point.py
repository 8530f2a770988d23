"""A false-positive budget, the threshold it gives on validation, and what that threshold does elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_devo_dga.chance import wilson_interval
from airflow_provider_devo_dga.errors import TrainingError
from airflow_provider_devo_dga.models.summary import Point
from airflow_provider_devo_dga.training.judging.metrics import family_recalls, macro_recall
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart
from airflow_provider_devo_dga.training.judging.threshold import choose_threshold

BUDGETS = (0.01, 0.001)
"""The rates at which models are compared: one in a hundred, one in a thousand."""


def operating_points(
    valid: ScoredPart, judged: ScoredPart, budgets: Sequence[float] = BUDGETS
) -> list[Point]:
    """Choose a threshold on ``valid`` for every budget and see what it does to ``judged``.

    A budget that no threshold keeps (legit rows with a score of 1.0) is left out.
    """
    points = []
    for budget in budgets:
        try:
            threshold = choose_threshold(valid.legit, valid.dga, budget)
        except TrainingError:
            continue
        points.append(operating_point(valid, judged, budget, threshold))
    return points


def operating_point(valid: ScoredPart, judged: ScoredPart, budget: float, threshold: float) -> Point:
    """Return what a threshold does to ``judged``.

    :return: not ``measurable`` when the budget allows not one of the legit validation rows; the interval of
        the false-positive rate is that of 95 %.
    """
    false, legit = int((judged.legit >= threshold).sum()), len(judged.legit)
    return Point(
        budget=budget,
        threshold=threshold,
        false_positive_rate=false / legit,
        false_positive_rate_interval=wilson_interval(false, legit),
        recall=float((judged.dga >= threshold).mean()),
        macro_family_recall=macro_recall(family_recalls(judged, threshold)),
        measurable=budget * len(valid.legit) >= 1,
    )
