"""A window's scored domains held against the baseline of the model that scored them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from heapq import nsmallest

from airflow_provider_devo_dga.drift.baseline import MOST, Baseline
from airflow_provider_devo_dga.drift.record import DriftRecord
from airflow_provider_devo_dga.drift.stability import drift_of
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import HostParts, split_host
from airflow_provider_devo_dga.reports.evidence.scored_rows import ScoredRows


def drift_record(
    rows: ScoredRows,
    baseline: Baseline,
    feature_set: FeatureSet,
    *,
    limit: float,
    in_a_row: int,
    model_version: str | None,
    false_positive_rate: float | None,
) -> DriftRecord:
    """Return how a sample of the domains that were not flagged has moved, not yet whether to raise the alarm.

    :raises DriftError: the baseline is not one of the features.
    :raises ReportError: the rows cannot be read.
    """
    flagged = domains = 0

    def clean() -> Iterator[HostParts]:
        nonlocal flagged, domains
        for batch in rows.batches():
            names = batch.not_flagged()
            domains += batch.domains
            flagged += batch.domains - len(names)
            yield from (parts for name in names if (parts := split_host(name)) is not None)

    drift = drift_of(baseline, sample_hosts(clean()), feature_set, limit=limit)
    return DriftRecord(
        domains=drift.domains,
        index=drift.index,
        limit=limit,
        drifted=drift.drifted,
        model_version=model_version,
        share_flagged=round(flagged / max(1, domains), 6),
        false_positive_rate=false_positive_rate,
        in_a_row=in_a_row,
        alarm=False,
    )


def sample_hosts(hosts: Iterable[HostParts], most: int = MOST) -> list[HostParts]:
    """Return a sample that is the same whenever it is taken, each host as likely as another, sorted by hash.

    Memory does not grow with the hosts.

    :param hosts: distinct; a host that comes twice counts twice.
    """
    return nsmallest(most, hosts, key=_hash)


def _hash(host: HostParts) -> bytes:
    return hashlib.blake2b(host.registrable.encode(), digest_size=8).digest()
