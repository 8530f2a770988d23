"""Find a version of a model to put back into service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airflow_provider_devo_dga.errors import ModelNotFoundError
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.replacement import FormerModel
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.models.summary import Features, Figures, Rows, TrainingSummary


def version_to_put_back(store: ModelStore[Any], name: str, version: str | None) -> dict[str, Any]:
    """Return what ``H2OTrainOperator`` returned for a version, or as much as its description tells.

    :param version: None for the model that served before the present one.
    :raises ModelNotFoundError: nothing of this version is kept.
    """
    last = store.last(name)
    former = last.former if last else None
    if version is None:
        if former is None:
            raise ModelNotFoundError(
                f"No model served as {name!r} before the present one, as far as {store.folder} tells;"
                " name a version"
            )
        return _of_former(store, name, former)
    if former is not None and former.provenance and former.provenance.version == version:
        return _of_former(store, name, former)
    facts = store.summary(version, name)
    if facts is None or not store.model_file(version, name).is_file():
        raise ModelNotFoundError(f"There is no version {version} of model {name!r} in {store.folder}")
    return facts.short()


def _of_former(store: ModelStore[Any], name: str, former: FormerModel) -> dict[str, Any]:
    """Return the summary of the former model, with the file that served: its folder may hold another one."""
    provenance = former.provenance
    if provenance is None:
        raise ModelNotFoundError(
            f"The former model of {name!r} was not registered by this provider, so nobody knows what its"
            f" columns mean; its file is {former.file}. Name a version"
        )
    facts = store.former_summary(former) or _told_by(provenance)
    return replace(facts, model_file=former.file).short()


def _told_by(provenance: Provenance) -> TrainingSummary:
    return TrainingSummary(
        version=provenance.version,
        sha256=provenance.sha256,
        model_file="",
        feature_set=Features(name=provenance.feature_set, fingerprint=provenance.fingerprint),
        threshold=provenance.threshold,
        metrics=Figures(auc=provenance.auc, false_positive_rate=provenance.false_positive_rate),
        rows=Rows(train=provenance.train_rows),
        run_id=provenance.run_id,
        summary=provenance.summary,
    )
