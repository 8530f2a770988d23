"""Why a model flagged a name: its trees asked which features spoke for it, and these put into words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_devo_dga.drift.baseline import stored_baseline
from airflow_provider_devo_dga.errors import (
    DevoPermanentError,
    DocumentError,
    DriftError,
    FeatureError,
    H2OClusterError,
    MojoExportError,
    StorageError,
)
from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import HostParts, split_host
from airflow_provider_devo_dga.features.words import Usual, words
from airflow_provider_devo_dga.models.meaning import meaning_of
from airflow_provider_devo_dga.models.mojo import file_sha256
from airflow_provider_devo_dga.models.mojo_scoring import contributions
from airflow_provider_devo_dga.models.store import ModelStore, local_copy, read_summary
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.reports.evidence.reasons import Reasons
from airflow_provider_devo_dga.scratch import scratch_folder

PHRASES_MOST = 3
LEAST_SHARE = 0.1
"""Least share of all that speaks for DGA that a phrase must have to be told."""

USUAL = (0.3, 0.7)
"""Quantiles of the legit names of the training between which a value is no reason."""

_UNTOLD = (
    *(DevoPermanentError, DocumentError, DriftError, FeatureError, H2OClusterError),
    *(MojoExportError, StorageError, OSError),
)


@dataclass(frozen=True, slots=True)
class ServingModel:
    """The model that flagged names, as the plan of its query tells of it, and where its files are looked for.

    :param summary: place of its summary in there, None for a model without.
    :param sha256: of the file that serves, None when its description does not say.
    """

    store: ModelStore[Any]
    summary: str | None
    sha256: str | None

    def reasons(self, names: Sequence[str]) -> Reasons:
        """Return why the model flagged these names; nothing but why not, when its files cannot tell.

        A report is not to fail for want of them.

        :param names: registrable domains.
        """
        if self.summary is None:
            return Reasons(untold="its description names no summary of a training")
        try:
            return Reasons(self._told(self.summary, names))
        except _UNTOLD as error:
            return Reasons(untold=str(error).partition("\n")[0])

    def _told(self, place: str, names: Sequence[str]) -> dict[str, str]:
        summary = self.store.summary_at(place)
        trained = read_summary(summary)
        if trained is None:
            raise MojoExportError(f"There is no summary of the model at {place}")
        if self.sha256 not in {None, trained.sha256, trained.strict and trained.strict.sha256}:
            raise MojoExportError(f"The summary {place} is another model's than the one that serves")
        with scratch_folder() as folder:
            # the strict file has the same trees
            file = local_copy(summary.with_name(f"{summary.name.removesuffix('.json')}.zip"), folder)
            if file_sha256(file) != trained.sha256:
                raise MojoExportError(f"The model file beside {place} is another one than it tells of")
            features = meaning_of(trained)
            hosts = [parts for name in names if (parts := split_host(name)) is not None]
            values = contributions(file, features, hosts)
        usual = usual_values(trained)
        told = (phrase(features, parts, value, usual) for parts, value in zip(hosts, values, strict=True))
        return {parts.registrable: words for parts, words in zip(hosts, told, strict=True) if words}


def usual_values(trained: TrainingSummary) -> dict[str, Usual]:
    """Return between which values each feature of most legit names of a training lay.

    :raises DriftError: its summary does not say.
    """
    bins = stored_baseline(trained.baseline).bins
    low, high = USUAL
    return {name: Usual(found.quantile(low), found.quantile(high)) for name, found in bins.items()}


def phrase(
    features: FeatureSet, parts: HostParts, values: Sequence[float], usual: Mapping[str, Usual]
) -> str:
    """Return what spoke for DGA, strongest first, at most :data:`PHRASES_MOST`; ``""`` when no words say it.

    :param values: what each feature added to the log-odds, in order.
    :param usual: by feature.
    :raises DriftError: a feature's usual values are not known.
    """
    spoken: defaultdict[str, float] = defaultdict(float)
    for feature, value in zip(features.features, values, strict=True):
        if feature.name not in usual:
            raise DriftError(f"The model's summary does not say how {feature.name} of legit names is")
        of_host = reference.number(feature.number, parts)
        spoken[words(feature.number, of_host, usual[feature.name], parts)] += value
    least = LEAST_SHARE * sum(value for value in spoken.values() if value > 0)
    told = sorted((-value, text) for text, value in spoken.items() if text and value > 0 and value >= least)
    return "; ".join(text for _, text in told[:PHRASES_MOST])
