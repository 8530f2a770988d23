"""What the columns of a trained model mean."""

from __future__ import annotations

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features.dga import feature_set_named
from airflow_provider_devo_dga.features.feature_set import FeatureSet


def known_features(name: str, fingerprint: str) -> FeatureSet:
    """Return the feature set of a trained model.

    :raises FeatureError: there is none of this name, or it has changed its meaning since.
    """
    features = feature_set_named(name)
    if features.fingerprint != fingerprint:
        raise FeatureError(
            f"The feature set {name!r} has changed its meaning since the model was trained"
            f" ({fingerprint}, now {features.fingerprint}); train it again"
        )
    return features
