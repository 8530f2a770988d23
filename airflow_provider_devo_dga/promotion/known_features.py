"""What the columns of a trained model mean."""

from __future__ import annotations

from typing import Any

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features.dga import FEATURE_SETS
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.meaning import stored_feature_set
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.store import ModelStore


def known_features(provenance: Provenance, store: ModelStore[Any]) -> FeatureSet:
    """Return the feature set of a trained model: one that ships, or the one in its summary.

    :raises FeatureError: neither is the one that the model was trained on.
    """
    shipped = FEATURE_SETS.get(provenance.feature_set)
    if shipped is not None and shipped.fingerprint == provenance.fingerprint:
        return shipped
    if provenance.summary is None:
        raise FeatureError(
            f"What the features {provenance.feature_set!r} of version {provenance.version} mean is not known"
            " here, and no summary is named; train the model again"
        )
    features = stored_feature_set(store.summary_at(provenance.summary))
    if features.fingerprint != provenance.fingerprint:
        raise FeatureError(
            f"The summary {provenance.summary} holds other features ({features.fingerprint}) than version"
            f" {provenance.version} was trained on ({provenance.fingerprint}); bring the right file back"
        )
    return features
