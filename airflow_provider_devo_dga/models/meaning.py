"""What the columns of a trained model mean: a feature set that ships, or the one in its summary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow_provider_devo_dga.errors import DocumentError, FeatureError
from airflow_provider_devo_dga.features.dga import FEATURE_SETS, feature_set_named
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.recipe import Recipe
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.store import ModelStore, read_summary, summary_beside
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.storage import StoragePath

_REMEDY = "Bring the file back, or train the model again"


def meaning_of(trained: TrainingSummary) -> FeatureSet:
    """Return the feature set that a training stored, with all that it learned.

    :raises FeatureError: the summary is a short one, or was changed.
    """
    features = trained.feature_set
    return FeatureSet.from_dict(
        {"name": features.name, "fingerprint": features.fingerprint, "features": features.features}
    )


def stored_meaning(summary: StoragePath) -> FeatureSet:
    """Return the feature set in the summary beside a model file.

    :raises FeatureError: there is no such file, or no whole and unchanged feature set in it.
    """
    try:
        trained = read_summary(summary)
    except DocumentError as error:
        raise FeatureError(f"{error}. {_REMEDY}") from None
    if trained is None:
        raise FeatureError(
            f"There is no summary of the model at {summary}, which says what its features mean. {_REMEDY}"
        )
    return meaning_of(trained)


def asked_for(features: FeatureSet | str | None, model_file: StoragePath) -> FeatureSet:
    """Return the feature set that somebody asks for, by its name too; None asks for that of a model file.

    :raises FeatureError: there is none of this name, or a part of it is learned in training.
    """
    if features is None:
        return stored_meaning(summary_beside(model_file))
    found = feature_set_named(features) if isinstance(features, str) else features
    if isinstance(found, Recipe):
        raise FeatureError(
            f"A part of the feature set {found.name!r} is learned in training: leave feature_set"
            " out, so that it is taken from the summary beside the model file"
        )
    return found


def known_meaning(
    provenance: Provenance,
    store: ModelStore[Any] | None,
    known: Iterable[FeatureSet] = tuple(FEATURE_SETS.values()),
) -> FeatureSet:
    """Return the feature set of a model whose description says where it comes from.

    :param store: where its summary lies; None where nobody said.
    :param known: sets that need no summary.
    :raises FeatureError: it is neither known nor in the summary.
    """
    model = f"What the features {provenance.feature_set!r} of version {provenance.version} mean"
    for features in known:
        if features.fingerprint == provenance.fingerprint:
            return features
    if provenance.summary is None:
        raise FeatureError(
            f"{model} ({provenance.fingerprint}) is not known here, and no summary is named;"
            " train the model again"
        )
    if store is None:
        raise FeatureError(
            f"{model} is in its summary, {provenance.summary}: say in which folder its models lie"
            " (models_dir)"
        )
    features = stored_meaning(store.summary_at(provenance.summary))
    if features.fingerprint != provenance.fingerprint:
        raise FeatureError(
            f"The summary {provenance.summary} holds other features ({features.fingerprint}) than version"
            f" {provenance.version} was trained on ({provenance.fingerprint}); bring the right file back, or"
            " train the model again"
        )
    return features
