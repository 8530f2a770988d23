"""Records of drift for tests."""

from __future__ import annotations

from typing import Any

from airflow_provider_devo_dga.drift.record import DriftRecord


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
