"""How a registered model is to be asked: which features in which order, and which LINQ says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from airflow_provider_devo_dga.devo_api.model_manager import RegisteredModel
from airflow_provider_devo_dga.errors import DevoResultError
from airflow_provider_devo_dga.features.dga import FEATURE_SETS
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.linq import HostSource, scoring_query
from airflow_provider_devo_dga.models.meaning import known_meaning
from airflow_provider_devo_dga.models.provenance import Provenance
from airflow_provider_devo_dga.models.store import ModelStore, is_place
from airflow_provider_devo_dga.storage import StoragePath


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
    :param source_key: of the source that is asked, see ``HostSource.key``.
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
    source_key: str

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values, for XCom."""
        return asdict(self)


def scoring_plan(
    model: RegisteredModel,
    source: HostSource,
    *,
    devo_domain: str,
    devo_conn_id: str = "devo_default",
    models_dir: StoragePath | None = None,
    feature_sets: Iterable[FeatureSet] = tuple(FEATURE_SETS.values()),
) -> ScoringPlan:
    """Return the plan for a registered model.

    :param model: as ``MLModelManagerHook.get_model`` returns it.
    :param source: where the table keeps hosts.
    :param devo_domain: Devo domain that owns the model, e.g. ``self``.
    :param devo_conn_id: connection by which the source is read; it tells sources of one name apart.
    :param models_dir: folder that ``H2OTrainOperator`` put the model into; what a model has learned is read
        from its summary there. Not needed for a model on one of ``feature_sets``.
    :param feature_sets: sets that are known without a summary.

    :raises DevoResultError: the model's inputs are those of no feature set here, or others than its
        description names: its answers would be wrong without any error.
    :raises FeatureError: the set has changed its meaning since the model was trained, or the model's summary
        is gone or another one's.
    :raises DevoPermanentError: the description names a summary outside ``models_dir``.
    """
    provenance = Provenance.of_description(model.description)
    known = tuple(feature_sets)
    if provenance is None:
        features = next((each for each in known if each.names == model.fields), None)
    else:
        features = known_meaning(provenance, ModelStore(models_dir) if models_dir else None, known)
    if features is None or features.names != model.fields:
        raise DevoResultError(
            f"Model {model.name!r} takes {', '.join(model.fields)[:200] or 'no inputs'},"
            f" which is no feature set here ({', '.join(each.name for each in known)}) and not what its"
            " description names; train it with H2OTrainOperator"
        )
    known_facts = ("version", "sha256", "threshold", "false_positive_rate")
    return ScoringPlan(
        query=scoring_query(features, source, devo_domain=devo_domain, model=model.name),
        model_name=model.name,
        feature_set=features.name,
        source_key=source.key(devo_conn_id, devo_domain),
        summary=provenance.summary if provenance and is_place(provenance.summary) else None,
        **{name: getattr(provenance, name, None) for name in known_facts},
    )
