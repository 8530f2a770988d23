"""What to find out about a model beyond its figures on the held-out rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_devo_dga.features.feature_set import FeatureSet


@dataclass(frozen=True, slots=True)
class Champion:
    """Another model to hold against the new one.

    :param name: what to call it, its version for instance.
    :param mojo: its file.
    :param feature_set: what its columns mean.
    :param split: ``{"seed", "ratios"}`` of its training, None when unknown: with the same ones it has not
        seen the rows that are held out now.
    """

    name: str
    mojo: Path
    feature_set: FeatureSet
    split: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class EvaluationPlan:
    """The judging that costs trainings of its own.

    :param unseen_family_folds: trainings that each leave out some families; 0 for none, else at least 2.
    :param tutorial: train the tutorial's model for comparison; a few seconds.
    :param champion: another model to judge on the same rows.
    :param check_labels: score the training rows too, by a model trained on the others, to find legit rows
        that look like DGA; costs one training.
    """

    unseen_family_folds: int = 0
    tutorial: bool = True
    champion: Champion | None = None
    check_labels: bool = False
