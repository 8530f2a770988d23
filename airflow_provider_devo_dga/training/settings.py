"""What to train and how: all that decides a model, beside the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import FeatureError, TrainingParameterError
from airflow_provider_devo_dga.features import quoting
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.recipe import LabelledName, Recipe
from airflow_provider_devo_dga.training.dataset.split import PartOf, by_hash
from airflow_provider_devo_dga.training.gbm import build_estimator, params_of
from airflow_provider_devo_dga.training.synthetic import SYNTHETIC_SHARE

if TYPE_CHECKING:
    from h2o.estimators import H2OGradientBoostingEstimator


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """The choices of one training.

    :param feature_set: of a recipe, what is to be learned is learned from the training part alone.
    :param ratios: share for training, and optionally for validation; the rest is validation, or with two
        ratios a test part.
    :param part_of: tells each label's part, ``train``, ``valid`` or ``test``, instead of the ratios.
    :param model_params: parameters of H2O's GBM that replace the defaults (``gbm.DEFAULT_PARAMS``), and the
        directions of the features (``monotone_constraints``).
    :param false_positive_budget: share of legit validation rows that may be called DGA; sets the threshold
        that the MOJO carries.
    :param strict_false_positive_budget: a smaller share, for a second MOJO; None leaves none.
    :param synthetic_share: made DGA names to grow trees on for each DGA name of the training part, 0 for
        none; see ``synthetic``. They are in no figure.
    :param plan: what to find out about the model beyond its figures.
    """

    feature_set: FeatureSet | Recipe
    model_id: str = "dga_classifier"
    ratios: Sequence[float] = (0.8,)
    part_of: PartOf | None = None
    seed: int = 1234
    model_params: Mapping[str, Any] = field(default_factory=dict)
    false_positive_budget: float = 0.01
    strict_false_positive_budget: float | None = None
    synthetic_share: float = SYNTHETIC_SHARE
    plan: EvaluationPlan = field(default_factory=EvaluationPlan)

    def check(self) -> None:
        """Refuse what cannot be trained, before anything is sent.

        :raises TrainingError: says which choice is wrong.
        """
        budget, strict = self.false_positive_budget, self.strict_false_positive_budget
        try:
            quoting.model_name(self.model_id)
        except FeatureError as error:
            raise TrainingParameterError(str(error)) from None
        shares = self.ratios if isinstance(self.ratios, list | tuple) else ()
        if not 1 <= len(shares) <= 2 or min(shares) <= 0 or sum(shares) >= 1:
            raise TrainingParameterError(
                f"ratios must be one or two shares above 0 that sum to less than 1, such as (0.8,),"
                f" not {self.ratios}"
            )
        if not 0 < budget < 1:
            raise TrainingParameterError(f"The false-positive budget must lie between 0 and 1, not {budget}")
        if strict is not None and not 0 < strict < budget:
            raise TrainingParameterError(
                f"The strict false-positive budget must lie between 0 and {budget}, the other one,"
                f" not {strict}"
            )
        if not 0 <= self.synthetic_share <= 1:
            raise TrainingParameterError(
                f"The share of synthetic names must lie from 0 to 1, not {self.synthetic_share}"
            )
        self.estimator(self.model_id)

    @property
    def sets_names_apart(self) -> bool:
        """Whether some of the legit training names are only to be learned from."""
        return isinstance(self.feature_set, Recipe) and self.feature_set.sets_names_apart

    @property
    def params(self) -> dict[str, Any]:
        """The GBM's parameters, defaults and the features' directions included."""
        return params_of(self.model_params, self.feature_set.directions)

    @property
    def split(self) -> dict[str, Any]:
        """Seed and ratios: with the same ones a name falls into the same part again."""
        return {"seed": self.seed, "ratios": list(self.ratios)}

    @property
    def parting(self) -> PartOf:
        return self.part_of or by_hash(self.ratios, self.seed)

    def estimator(self, key: str) -> H2OGradientBoostingEstimator:
        return build_estimator(
            self.model_params, key=key, seed=self.seed, directions=self.feature_set.directions
        )

    def learn(self, names: Iterable[LabelledName]) -> FeatureSet:
        """Return the features, with what these names of the training part teach."""
        return self.feature_set.learn(names) if isinstance(self.feature_set, Recipe) else self.feature_set

    def decides(self, features: FeatureSet) -> dict[str, Any]:
        """Return what a model depends on beside the rows, as plain values."""
        trainings = [self.plan.unseen_family_folds, self.plan.tutorial, self.plan.check_labels]
        return {
            "features": features.fingerprint,
            "params": self.params,
            "split": self.split,
            "plan": trainings,
        }
