"""Scored rows, written out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from airflow_provider_devo_dga.training.judging.scored_part import ScoredPart


def scored_part(rows: Iterable[tuple[bool, str, float]]) -> ScoredPart:
    """Take rows of class, family and score."""
    listed = list(rows)
    names: dict[str, int] = {}
    codes = [names.setdefault(family, len(names)) for _, family, _ in listed]
    return ScoredPart(
        scores=np.array([score for _, _, score in listed], dtype=np.float64),
        malicious=np.array([malicious for malicious, _, _ in listed], dtype=np.bool_),
        family=np.array(codes, dtype=np.int32),
        families=tuple(names),
    )
