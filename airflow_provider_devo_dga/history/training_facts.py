"""What a history keeps of one training: parameters, metrics and tags, out of the training's summary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_PLAIN = (
    *("model_id", "false_positive_budget", "strict_false_positive_budget", "h2o_version"),
    *("split", "model_params"),
)
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """One training in MLflow's terms.

    :param version: ours, for example ``20260101T030000Z``.
    :param at: milliseconds since the epoch; the same for every attempt to record it.
    :param params: what went in.
    :param metrics: what came out.
    :param tags: what the model version and the run are found by.
    """

    version: str
    sha256: str
    at: int
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]

    @classmethod
    def of(cls, trained: Mapping[str, Any]) -> TrainingFacts:
        """Take the facts from what ``H2OTrainOperator`` returned; what is missing there is left out."""
        features = trained.get("feature_set") or {}
        dataset = trained.get("dataset") or {}
        tags = {
            "version": trained["version"],
            "sha256": trained["sha256"],
            "model_file": trained["model_file"],
            "feature_set": features.get("name"),
            "fingerprint": features.get("fingerprint"),
            "dataset_sha256": dataset.get("sha256"),
            "threshold": trained.get("threshold"),
            "dag_id": trained.get("dag_id"),
            "airflow_run_id": trained.get("run_id"),
        }
        params = {
            **{name: trained.get(name) for name in _PLAIN},
            "feature_set": features.get("name"),
            "feature_set_fingerprint": features.get("fingerprint"),
            "features": len(trained.get("features") or ()) or None,
            "dataset_sha256": dataset.get("sha256"),
            **{f"rows_{part}": rows for part, rows in (trained.get("rows") or {}).items()},
        }
        return cls(
            version=trained["version"],
            sha256=trained["sha256"],
            at=_milliseconds(trained["version"]),
            params=_texts(params),
            metrics=_metrics(trained, dataset),
            tags=_texts(tags),
        )


def _metrics(trained: Mapping[str, Any], dataset: Mapping[str, Any]) -> dict[str, float]:
    parts = {
        "valid": trained.get("metrics"),
        "test": trained.get("test_metrics"),
        "seconds": trained.get("seconds"),
        "dataset": dataset,
    }
    found = {
        f"{part}_{name}": float(value)
        for part, values in parts.items()
        for name, value in (values or {}).items()
        if _is_number(value)
    }
    if _is_number(trained.get("threshold")):
        found["threshold"] = float(trained["threshold"])
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.17g}"  # brings back the same double
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)[:_LONGEST]


def _milliseconds(version: str) -> int:
    try:
        at = datetime.strptime(version, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return 0  # a version of the user's own making
    return int(at.timestamp()) * 1000
