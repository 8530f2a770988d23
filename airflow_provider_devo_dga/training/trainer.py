"""Fit models on the cluster's frames: the one that is wanted, and others to judge it by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.h2o_frame import add_features
from airflow_provider_devo_dga.features.recipe import Recipe
from airflow_provider_devo_dga.training.cluster.keys import Keys
from airflow_provider_devo_dga.training.cluster.progress import train_with_progress
from airflow_provider_devo_dga.training.dataset.parted_rows import PARTED_COLUMNS, TrainingNames
from airflow_provider_devo_dga.training.frames import TARGET, grown_on, kept_grown_on
from airflow_provider_devo_dga.training.gbm import build_default_estimator
from airflow_provider_devo_dga.training.settings import TrainingSettings
from airflow_provider_devo_dga.training.steps import Steps

if TYPE_CHECKING:
    from h2o import H2OFrame
    from h2o.estimators import H2OGradientBoostingEstimator


class Trainer:
    """Trains with one training's settings, under its keys.

    :param features: of the model that is wanted.
    :param names: of the training part, to learn from.
    """

    def __init__(
        self, settings: TrainingSettings, keys: Keys, features: FeatureSet, names: TrainingNames, steps: Steps
    ) -> None:
        self.settings = settings
        self.keys = keys
        self.features = features
        self.names = names
        self.steps = steps

    def fit(
        self, parts: dict[str, H2OFrame], meanwhile: Callable[[], object] | None = None
    ) -> H2OGradientBoostingEstimator:
        """Train the model that is wanted.

        :param meanwhile: work to do while the cluster trains.
        """
        estimator = self.settings.estimator(self.keys.model)
        training = kept_grown_on(parts["train"], self.keys)
        return self._fit(estimator, training, parts["valid"], self.features, meanwhile)

    def like_it(self, training: H2OFrame, validation: H2OFrame) -> H2OGradientBoostingEstimator:
        """Train a model of the same features and parameters on other rows."""
        estimator = self.settings.estimator(self.keys.another())
        return self._fit(estimator, grown_on(training), validation, self.features)

    def default(self, parts: dict[str, H2OFrame], features: FeatureSet) -> H2OGradientBoostingEstimator:
        """Train H2O's default GBM over other features."""
        estimator = build_default_estimator(key=self.keys.another(), seed=self.settings.seed)
        return self._fit(estimator, parts["train"], parts["valid"], features)

    def without(self, parts: dict[str, H2OFrame], families: Sequence[str]) -> dict[str, H2OFrame]:
        """Return the parts with features that have learned nothing from these families."""
        if not isinstance(self.settings.feature_set, Recipe):
            return parts
        learned = self.settings.feature_set.learn(self.names.without(families))
        return {name: add_features(part[list(PARTED_COLUMNS)], learned) for name, part in parts.items()}

    def _fit(
        self,
        estimator: H2OGradientBoostingEstimator,
        training: H2OFrame,
        validation: H2OFrame,
        features: FeatureSet,
        meanwhile: Callable[[], object] | None = None,
    ) -> H2OGradientBoostingEstimator:
        return train_with_progress(
            estimator,
            interruption=self.steps.interruption,
            attach=self.keys.stay,
            meanwhile=meanwhile,
            x=list(features.names),
            y=TARGET,
            training_frame=training,
            validation_frame=validation,
        )
