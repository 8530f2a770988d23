"""How a registered model is to be asked: which features in which order, and which LINQ says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from airflow_provider_devo_dga.client.model_manager import RegisteredModel
from airflow_provider_devo_dga.errors import DevoResultError
from airflow_provider_devo_dga.features.dga import FEATURE_SETS
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.linq import HostSource, scoring_query
from airflow_provider_devo_dga.provenance import Provenance


@dataclass(frozen=True, slots=True)
class ScoringPlan:
    """A query for one registered model, with the facts that a report needs beside its rows.

    :param version: the model's version, None when its description does not say.
    :param false_positive_rate: measured at ``threshold`` on held-out legit names.
    """

    query: str
    model_name: str
    feature_set: str
    version: str | None
    sha256: str | None
    threshold: float | None
    false_positive_rate: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values, for XCom."""
        return asdict(self)


def scoring_plan(
    model: RegisteredModel,
    source: HostSource,
    *,
    devo_domain: str,
    feature_sets: Iterable[FeatureSet] = tuple(FEATURE_SETS.values()),
) -> ScoringPlan:
    """Return the plan for a registered model.

    :param feature_sets: sets that a model may have been trained on; name your own here.

    :raises DevoResultError: the model's inputs are those of no feature set here, or the set has changed its
        meaning since the model was trained: its answers would be wrong without any error.
    """
    provenance = Provenance.of_description(model.description)
    features = _feature_set(model, provenance, tuple(feature_sets))
    return ScoringPlan(
        query=scoring_query(features, source, devo_domain=devo_domain, model=model.name),
        model_name=model.name,
        feature_set=features.name,
        version=provenance.version if provenance else None,
        sha256=provenance.sha256 if provenance else None,
        threshold=provenance.threshold if provenance else None,
        false_positive_rate=provenance.false_positive_rate if provenance else None,
    )


def _feature_set(
    model: RegisteredModel, provenance: Provenance | None, known: tuple[FeatureSet, ...]
) -> FeatureSet:
    for features in known:
        if features.names == model.fields:
            if provenance is not None and provenance.fingerprint != features.fingerprint:
                raise DevoResultError(
                    f"Model {model.name!r} was trained on an earlier meaning of feature set {features.name!r}"
                    f" ({provenance.fingerprint}, now {features.fingerprint}); train it again"
                )
            return features
    raise DevoResultError(
        f"Model {model.name!r} takes {', '.join(model.fields) or 'no inputs'}, which is no feature set here"
        f" ({', '.join(features.name for features in known)}); train it with H2OTrainOperator"
    )
