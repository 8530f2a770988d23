"""A false-positive budget, the threshold it gives on validation, and what that threshold does elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.chance import wilson_interval
from airflow_provider_devo_dga.errors import TrainingError, TrainingParameterError
from airflow_provider_devo_dga.models.summary import Point
from airflow_provider_devo_dga.training.judging.metrics import family_recalls, macro_recall
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scores = Sequence[float] | NDArray[np.float64]

_log = logging.getLogger(__name__)

BUDGETS = (0.01, 0.001)
"""The rates at which models are compared: one in a hundred, one in a thousand."""


def threshold_of(valid: ScoredPart, budget: float) -> float:
    """Return the threshold that keeps to the budget on these rows; says when they are too few to tell."""
    if budget * len(valid.legit) < 1:
        _log.warning(
            "%d legit validation rows are too few to measure a budget of %s", len(valid.legit), budget
        )
    return choose_threshold(valid.legit, valid.dga, budget)


def threshold_or_none_reached(valid: ScoredPart, budget: float) -> float:
    """Return the threshold for a budget; one that nothing reaches when no other keeps it."""
    try:
        return choose_threshold(valid.legit, valid.dga, budget)
    except TrainingError:
        return float("inf")


def choose_threshold(legit: Scores, dga: Scores, false_positive_budget: float) -> float:
    """Return a threshold that calls at most this share of ``legit`` DGA, and as much of ``dga`` as it can.

    A row is called DGA when its score is *at or above* the threshold, as in H2O and in its MOJOs. It lies
    half-way between the highest score that must stay below and the next one of either class: every threshold
    in that gap gives these rows the same classes, and in its middle no rounding moves a row across.

    :param legit: scores (0–1) of validation rows of the legit class; at least one.
    :param dga: scores of validation rows of the DGA class.
    :param false_positive_budget: share of ``legit``, 0 < budget < 1.
    :raises TrainingError: for no legit scores, a budget out of range, or scores that no threshold can part.
    """
    import numpy as np

    if not 0.0 < false_positive_budget < 1.0:
        raise TrainingParameterError(
            f"The false-positive budget must lie between 0 and 1, not {false_positive_budget}"
        )
    if not len(legit):
        raise TrainingError("No legit rows to choose a threshold on")
    allowed = int(false_positive_budget * len(legit) + 1e-9)
    rank = len(legit) - 1 - allowed
    barrier = float(np.partition(np.asarray(legit, dtype=np.float64), rank)[rank])
    everything = np.concatenate((np.asarray(legit, dtype=np.float64), np.asarray(dga, dtype=np.float64)))
    above = float(everything[everything > barrier].min(initial=1.0))
    if above <= barrier:
        raise TrainingError(
            f"{allowed + 1} legit rows have a score of 1.0: no threshold keeps the false-positive budget"
        )
    half_way = (barrier + above) / 2
    return half_way if half_way > barrier else above


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
