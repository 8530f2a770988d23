"""How much of a family is caught by a model that never saw it: leave families out, train, score them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.errors import TrainingError
from airflow_provider_devo_dga.models.summary import Family, UnseenFamilies
from airflow_provider_devo_dga.training.dataset.reading import UNKNOWN_FAMILY
from airflow_provider_devo_dga.training.judging.h2o_scores import score_frame
from airflow_provider_devo_dga.training.judging.metrics import (
    MIN_FAMILY_ROWS,
    family_recalls,
    macro_recall,
    weakest,
)
from airflow_provider_devo_dga.training.judging.threshold import (
    BUDGETS,
    choose_threshold,
    threshold_or_none_reached,
)
from airflow_provider_devo_dga.training.trainer import Trainer

if TYPE_CHECKING:
    from h2o import H2OFrame


_log = logging.getLogger(__name__)


def deal_families(rows: Mapping[str, int], folds: int) -> list[list[str]]:
    """Deal families into ``folds`` groups of about the same number of rows, the largest first.

    Families with fewer than ``MIN_FAMILY_ROWS`` rows and rows of no known family stay in training always.

    :return: the groups that are not empty.
    """
    usable = sorted(
        (
            (count, name)
            for name, count in rows.items()
            if count >= MIN_FAMILY_ROWS and name != UNKNOWN_FAMILY
        ),
        key=lambda item: (-item[0], item[1]),
    )
    groups: list[list[str]] = [[] for _ in range(folds)]
    filled = [0] * folds
    for count, name in usable:
        smallest = filled.index(min(filled))
        groups[smallest].append(name)
        filled[smallest] += count
    return [group for group in groups if group]


def judge_unseen(
    parts: dict[str, H2OFrame], families: Mapping[str, int], trainer: Trainer
) -> UnseenFamilies | None:
    """Train once for each group of families, without it, and score it.

    :param families: rows of the whole dataset by DGA family.
    :param trainer: trains once for each fold; what is learned before has not seen the families either.
    :return: the 40 families that are caught least, each over all its rows, for none was trained on; None when
        there are fewer than two groups to leave out, said in the log.
    """
    budget = trainer.settings.false_positive_budget
    groups = deal_families(families, trainer.settings.plan.unseen_family_folds)
    if len(groups) < 2:
        _log.warning("Unseen families: %d families are too few to leave some out", len(families))
        return None
    found: dict[str, Family] = {}
    strict: dict[str, Family] = {}
    rates = []
    for number, group in enumerate(groups, start=1):
        recalls, of_strict, rate = _fold(trainer.without(parts, group), group, trainer, budget)
        found |= recalls
        strict |= of_strict
        rates.append(rate)
        _log.info(
            "Unseen families: fold %d of %d without %d families, mean recall %.3f",
            *(number, len(groups), len(group), macro_recall(recalls)),
        )
    return UnseenFamilies(
        folds=len(groups),
        budget=budget,
        false_positive_rate=sum(rates) / len(rates),
        macro_family_recall=macro_recall(found),
        strict_budget=BUDGETS[-1],
        strict_macro_family_recall=macro_recall(strict),
        families={name: family.recall for name, family in weakest(found).items()},
    )


def _fold(
    parts: dict[str, H2OFrame], group: Sequence[str], trainer: Trainer, budget: float
) -> tuple[dict[str, Family], dict[str, Family], float]:
    """Return recalls of the group at the budget and at the strictest one, and the rate at the former."""
    inside = {name: _is_in(part, group) for name, part in parts.items()}
    seen = {name: part[inside[name] == 0, :] for name, part in parts.items()}
    # training rows of small families are repeated; here each name counts once
    unseen = [
        part[(inside[name] == 1) & (part["copy"] == 0), :]
        for name, part in parts.items()
        if inside[name].sum() > 0
    ]
    model = trainer.like_it(seen["train"], seen["valid"])
    valid = score_frame(model, seen["valid"])
    threshold = choose_threshold(valid.legit, valid.dga, budget)
    judged = score_frame(model, seen["test"]) if "test" in seen else valid
    scored = score_frame(model, unseen[0].rbind(unseen[1:]) if unseen[1:] else unseen[0])
    recalls = family_recalls(scored, threshold)
    if sorted(recalls) != sorted(group):
        raise TrainingError(f"Left out {sorted(group)}, but scored {sorted(recalls)}")
    strict = family_recalls(scored, threshold_or_none_reached(valid, BUDGETS[-1]))
    return recalls, strict, float((judged.legit >= threshold).mean())


def _is_in(part: H2OFrame, group: Sequence[str]) -> H2OFrame:
    return (part["malicious"] == "1") & part["family"].asfactor().isin(list(group))
