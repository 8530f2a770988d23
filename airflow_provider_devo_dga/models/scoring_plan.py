"""How a registered model is to be asked: which features in which order, and which LINQ says so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from airflow_provider_devo_dga.devo_api.model_manager import RegisteredModel
from airflow_provider_devo_dga.errors import DevoResultError
from airflow_provider_devo_dga.features.dga import FEATURE_SETS
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.linq import HostSource, scoring_query
from airflow_provider_devo_dga.models.meaning import stored_feature_set
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.storage import ReadableFolder

# The description can be changed by whoever may change models: it must not lead out of the folder.
_PLACE = re.compile(r"(?P<version>[A-Za-z0-9_-]+)/(?P<file>[A-Za-z0-9_.-]+\.json)")


@dataclass(frozen=True, slots=True)
class ScoringPlan:
    """A query for one registered model, with the facts that a report needs beside its rows.

    :param query: LINQ, one row for each registrable domain of a window.
    :param model_name: name in the Model Manager.
    :param feature_set: name of the set that the model was trained on.
    :param version: the model's version, None when its description does not say.
    :param sha256: of the model file, None when the description does not say.
    :param threshold: score from which the model answers ``1``, None when the description does not say.
    :param false_positive_rate: measured at ``threshold`` on held-out legit names.
    :param summary: place of the training's summary below the folder for models; None for a model without.
    """

    query: str
    model_name: str
    feature_set: str
    version: str | None
    sha256: str | None
    threshold: float | None
    false_positive_rate: float | None
    summary: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values, for XCom."""
        return asdict(self)


def scoring_plan(
    model: RegisteredModel,
    source: HostSource,
    *,
    devo_domain: str,
    models_dir: ReadableFolder | None = None,
    feature_sets: Iterable[FeatureSet] = tuple(FEATURE_SETS.values()),
) -> ScoringPlan:
    """Return the plan for a registered model.

    :param model: as ``MLModelManagerHook.get_model`` returns it.
    :param source: where the table keeps hosts.
    :param devo_domain: Devo domain that owns the model, e.g. ``self``.
    :param models_dir: folder that ``H2OTrainOperator`` put the model into; what a model has learned is read
        from its summary there. Not needed for a model on one of ``feature_sets``.
    :param feature_sets: sets that are known without a summary.

    :raises DevoResultError: the model's inputs are those of no feature set here, or the set has changed its
        meaning since the model was trained: its answers would be wrong without any error.
    :raises FeatureError: the model's summary is gone or holds no feature set.
    """
    provenance = Provenance.of_description(model.description)
    features = _known(model, provenance, tuple(feature_sets)) or _stored(model, provenance, models_dir)
    return ScoringPlan(
        query=scoring_query(features, source, devo_domain=devo_domain, model=model.name),
        model_name=model.name,
        feature_set=features.name,
        version=provenance.version if provenance else None,
        sha256=provenance.sha256 if provenance else None,
        threshold=provenance.threshold if provenance else None,
        false_positive_rate=provenance.false_positive_rate if provenance else None,
        summary=provenance.summary if provenance and _PLACE.fullmatch(provenance.summary or "") else None,
    )


def _known(
    model: RegisteredModel, provenance: Provenance | None, known: tuple[FeatureSet, ...]
) -> FeatureSet | None:
    """Return the known set that has the model's inputs and, as far as is told, their meaning."""
    found = next((features for features in known if features.names == model.fields), None)
    if found is not None and (provenance is None or provenance.fingerprint == found.fingerprint):
        return found
    if provenance is not None and provenance.summary is not None:
        return None
    if found is not None and provenance is not None:
        raise DevoResultError(
            f"Model {model.name!r} was trained on an earlier meaning of feature set {found.name!r}"
            f" ({provenance.fingerprint}, now {found.fingerprint}); train it again"
        )
    raise DevoResultError(
        f"Model {model.name!r} takes {_shown(model.fields)}, which is no feature set here"
        f" ({', '.join(features.name for features in known)}); train it with H2OTrainOperator"
    )


def _stored(
    model: RegisteredModel, provenance: Provenance | None, models_dir: ReadableFolder | None
) -> FeatureSet:
    """Return the set that the model's summary holds, if it is the one the model was trained on."""
    place = provenance.summary if provenance else None
    found = _PLACE.fullmatch(place or "")
    if provenance is None or found is None:
        raise DevoResultError(
            f"Model {model.name!r} names {place!r} for its summary, not <version>/<name>.json"
        )
    if models_dir is None:
        raise DevoResultError(
            f"What the features of model {model.name!r} mean is in its summary, {place}: say in which folder"
            " its models lie (models_dir)"
        )
    features = stored_feature_set(models_dir / found["version"] / found["file"])
    if (features.fingerprint, features.names) != (provenance.fingerprint, model.fields):
        raise DevoResultError(
            f"The summary {place} is not that of model {model.name!r}, whose features are"
            f" {provenance.fingerprint} ({_shown(model.fields)}): it holds {features.fingerprint}"
            f" ({_shown(features.names)}). Bring the right file back, or train the model again"
        )
    return features


def _shown(names: tuple[str, ...]) -> str:
    return ", ".join(names)[:200] or "no inputs"
