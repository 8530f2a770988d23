"""Hold a registered model's answers against the MOJO that was registered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow_provider_devo_dga.errors import ModelRejectedError
from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.models.mojo_scoring import MojoScore, score_mojo

_TOLERANCE = 1e-9
_SCORE_TOLERANCE = 1e-6  # float4 would be enough
_SHOWN = 3


def compare(
    answers: Sequence[Mapping[str, Any]], mojo: Path, feature_set: FeatureSet, *, at_least: int
) -> int:
    """Check every answer; return how many domains the model flags.

    :param answers: rows of a scoring query with features: ``reg_domain``, ``f_<name>`` …, ``malicious``.
    :param mojo: the model file.
    :param at_least: fewer answers prove nothing.
    :raises ModelRejectedError: too few answers, or any that differ; names the first of them.
    """
    if len(answers) < at_least:
        raise ModelRejectedError(
            f"Only {len(answers)} domains could be scored in Devo, {at_least} are needed to trust the model;"
            " is there traffic in the probe's window?"
        )
    unread = [row["reg_domain"] for row in answers if split_host(row["reg_domain"]) is None]
    if unread:
        raise ModelRejectedError(
            f"Devo takes {len(unread)} names for registrable domains that training does not, such as"
            f" {', '.join(map(repr, unread[:_SHOWN]))}: the public suffix lists differ"
        )
    scores = score_mojo(mojo, feature_set, [row["reg_domain"] for row in answers])
    wrong = [
        difference
        for row, score in zip(answers, scores, strict=True)
        if (difference := _difference(row, score, feature_set))
    ]
    if wrong:
        raise ModelRejectedError(
            f"{len(wrong)} of {len(answers)} answers differ between Devo and the MOJO: "
            + "; ".join(wrong[:_SHOWN])
        )
    return sum(score.label == "1" for score in scores)


def _difference(row: Mapping[str, Any], score: MojoScore, feature_set: FeatureSet) -> str | None:
    domain = row["reg_domain"]
    parts = split_host(domain)
    if parts is None or parts.label != row["sld"]:
        return f"{domain!r}: label {row['sld']!r} in Devo, {parts.label if parts else None!r} here"
    for name, value in zip(feature_set.names, reference.compute(feature_set, parts), strict=True):
        found = row[f"f_{name}"]
        if found is None or not math.isclose(found, value, rel_tol=0, abs_tol=_TOLERANCE):
            return f"{domain!r}: {name} is {found} in Devo, {value} here"
    if not _agrees(row["malicious"], score):
        return f"{domain!r}: {row['malicious']!r} in Devo, label {score.label!r} with score {score.p1} here"
    return None


def _agrees(answer: object, score: MojoScore) -> bool:
    # Devo does not document whether it gives a binomial model's label or its score
    if isinstance(answer, float):
        return math.isclose(answer, score.p1, rel_tol=0, abs_tol=_SCORE_TOLERANCE)
    return str(answer) == score.label
