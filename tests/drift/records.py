"""Records of drift and baselines for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from airflow_provider_devo_dga.drift.baseline import Baseline, baseline_of_features
from airflow_provider_devo_dga.drift.record import DriftRecord
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import HostParts
from airflow_provider_devo_dga.features.reference import compute


def baseline_of_hosts(hosts: list[HostParts], feature_set: FeatureSet) -> Baseline:
    """Return the baseline of legit hosts, as the reference computes their features."""
    rows = [compute(feature_set, parts) for parts in hosts]
    return baseline_of_features(feature_set.names, np.array(rows, dtype=np.float64))


def drift_found(index: dict[str, float], drifted: tuple[str, ...], **changes: Any) -> DriftRecord:
    """Return what was found in a window."""
    facts: dict[str, Any] = {
        "domains": 5000,
        "limit": 0.25,
        "model_version": "20260105T030000Z",
        "share_flagged": 0.012,
        "false_positive_rate": 0.01,
        "in_a_row": 3,
        "alarm": False,
    }
    return DriftRecord(index=index, drifted=drifted, **facts | changes)
