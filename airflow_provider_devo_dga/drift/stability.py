"""The population stability index: how far one distribution has moved from another.

Below 0.1 nothing moved, above 0.25 much did; the bounds are the credit industry's habit. By chance alone the
index of a sample is about (bins - 1) × (1/names now + 1/names then).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from airflow_provider_devo_dga.drift.baseline import Baseline
from airflow_provider_devo_dga.errors import DriftError
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import HostParts
from airflow_provider_devo_dga.features.reference import compute

LIMIT = 0.25
LEAST_DOMAINS = 200
_LEAST_SHARE = 1e-4


@dataclass(frozen=True, slots=True)
class Drift:
    """What moved.

    :param domains: how many were compared; below ``LEAST_DOMAINS`` nothing is called drift.
    :param index: population stability index by feature, the largest first.
    :param limit: an index above it is drift.
    """

    domains: int
    index: dict[str, float]
    limit: float

    @property
    def drifted(self) -> tuple[str, ...]:
        """Features whose distribution moved beyond the limit."""
        enough = self.domains >= LEAST_DOMAINS
        return tuple(name for name, index in self.index.items() if enough and index > self.limit)


def drift_of(
    baseline: Baseline, hosts: Iterable[HostParts], feature_set: FeatureSet, *, limit: float = LIMIT
) -> Drift:
    """Return how the features of ``hosts`` have moved from the baseline.

    :param feature_set: the one the baseline was made with.
    :raises DriftError: it is another one.
    """
    if tuple(baseline.bins) != feature_set.names:
        raise DriftError(
            f"The baseline is not one of feature set {feature_set.name!r}; train the model again"
        )
    rows = [compute(feature_set, parts) for parts in hosts]
    index = {
        name: round(stability_index(bins.shares, bins.shares_of(values)), 4)
        # without a host there is no column
        for (name, bins), values in zip(baseline.bins.items(), zip(*rows, strict=True), strict=False)
    }
    return Drift(len(rows), dict(sorted(index.items(), key=lambda item: (-item[1], item[0]))), limit)


def stability_index(then: Sequence[float], now: Sequence[float]) -> float:
    """Return the population stability index of two lists of shares; empty bins count as one in 10,000."""
    pairs = ((max(_LEAST_SHARE, a), max(_LEAST_SHARE, b)) for a, b in zip(then, now, strict=True))
    return sum((b - a) * math.log(b / a) for a, b in pairs)
