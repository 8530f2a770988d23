"""What a history keeps of one training: parameters, metrics and tags, out of the training's summary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from airflow_provider_devo_dga.models.origin import time_of
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.redaction import hidden

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """One training in MLflow's terms.

    :param at: milliseconds since the epoch; the same for every attempt to record it.
    :param params: what went in.
    :param metrics: what came out.
    :param tags: what the model version and the run are found by.
    """

    at: int
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]

    @classmethod
    def of(cls, trained: TrainingSummary) -> TrainingFacts:
        """Take the facts from a training; what is not known there is left out."""
        features, dataset = trained.feature_set, trained.dataset
        tags = {
            "version": trained.version,
            "sha256": trained.sha256,
            "model_file": hidden(trained.model_file),
            "feature_set": features.name,
            "fingerprint": features.fingerprint,
            "dataset_sha256": dataset.sha256 if dataset else None,
            "threshold": trained.threshold,
            "dag_id": trained.dag_id,
            "airflow_run_id": trained.run_id,
        }
        params = {
            "model_id": trained.model_id,
            "false_positive_budget": trained.false_positive_budget,
            "strict_false_positive_budget": trained.strict.budget if trained.strict else None,
            "h2o_version": trained.h2o_version,
            "split": asdict(trained.split) if trained.split else None,
            "model_params": trained.model_params,
            "feature_set": features.name,
            "feature_set_fingerprint": features.fingerprint,
            "features": len(trained.features) or None,
            "dataset_sha256": dataset.sha256 if dataset else None,
            **{f"rows_{part}": rows for part, rows in asdict(trained.rows).items()},
        }
        at = time_of(trained.version)
        return cls(
            at=int(at.timestamp()) * 1000 if at else 0,
            params=_texts(params),
            metrics=_metrics(trained),
            tags=_texts(tags),
        )


def _metrics(trained: TrainingSummary) -> dict[str, float]:
    parts = {
        "valid": asdict(trained.metrics) if trained.metrics else {},
        "test": asdict(trained.test_metrics) if trained.test_metrics else {},
        "seconds": trained.seconds,
        "dataset": asdict(trained.dataset) if trained.dataset else {},
    }
    found = {
        f"{part}_{name}": float(value)
        for part, values in parts.items()
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    if trained.threshold is not None:
        found["threshold"] = trained.threshold
    return found


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.17g}"  # brings back the same double
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)[:_LONGEST]
