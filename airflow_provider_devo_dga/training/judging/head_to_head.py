"""Two models on the same held-out rows, each at its own threshold for one false-positive budget."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_devo_dga.errors import TrainingError
from airflow_provider_devo_dga.models.summary import Duel, FamilyPair
from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart
from airflow_provider_devo_dga.training.judging.threshold import choose_threshold

_MOST_FAMILIES = 40


def head_to_head(ours: Mapping[str, ScoredPart], theirs: Mapping[str, ScoredPart], *, budget: float) -> Duel:
    """Compare two models' scores of the same parts: thresholds from ``valid``, figures from ``test``.

    Without a test part the figures are from ``valid`` too. The families are the 40 with the greatest loss.
    """
    judged = "test" if "test" in ours else "valid"
    mine, other = _threshold(ours["valid"], budget), _threshold(theirs["valid"], budget)
    caught, others = ours[judged].caught_by_family(mine), theirs[judged].caught_by_family(other)
    changes = [
        FamilyPair(
            name=name, rows=rows, recall=found / rows, other_recall=others.get(name, (0, rows))[0] / rows
        )
        for name, (found, rows) in caught.items()
    ]
    return Duel(
        budget=budget,
        rows=len(ours[judged]),
        recall=float((ours[judged].dga >= mine).mean()),
        other_recall=float((theirs[judged].dga >= other).mean()),
        false_positive_rate=float((ours[judged].legit >= mine).mean()),
        other_false_positive_rate=float((theirs[judged].legit >= other).mean()),
        families=sorted(changes, key=_loss_first)[:_MOST_FAMILIES],
    )


def _loss_first(pair: FamilyPair) -> tuple[float, str]:
    return pair.recall - pair.other_recall, pair.name


def _threshold(valid: ScoredPart, budget: float) -> float:
    """Return the threshold for a budget; one that nothing reaches when no other keeps it."""
    try:
        return choose_threshold(valid.legit, valid.dga, budget)
    except TrainingError:
        return float("inf")
