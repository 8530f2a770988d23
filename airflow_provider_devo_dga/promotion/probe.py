"""Do Devo's answers agree with the MOJO's? Asked about a table's own traffic, or about known names."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_devo_dga.errors import ModelRejectedError
from airflow_provider_devo_dga.features import reference
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.models.mojo_scoring import MojoScore, score_mojo
from airflow_provider_devo_dga.promotion.known_names import ProbeCase, probe_cases, probe_query

_TOLERANCE = 1e-9
_SCORE_TOLERANCE = 1e-6  # float4 would be enough
_SHOWN = 3
_PAUSE = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Asks a registered model about known names until it answers as the MOJO does.

    That Devo computes the features alike is the business of :func:`check_traffic`.

    :param ask: sends a query about a window with an event in it, and returns the rows.
    :param table: any table with events in that window.
    """

    ask: Callable[[str], Sequence[Mapping[str, Any]]]
    mojo: Path
    features: FeatureSet
    table: str
    devo_domain: str

    def check(self, name: str, *, other: tuple[Path, FeatureSet] | None = None, settle: float = 0.0) -> None:
        """Ask the model of this name.

        :param other: a model that must not be taken for this one: the one that served before.
        :param settle: seconds that the former model may go on answering.
        :raises ModelRejectedError: there is no row, or an answer differs when time is up.
        """
        cases, telling = probe_cases(self.mojo, self.features, other)
        query = probe_query(cases, table=self.table, devo_domain=self.devo_domain, model=name)
        last = time.monotonic() + settle
        while True:
            rows = self.ask(query)
            try:
                check_known_names(rows, cases, model=name)
                break
            except ModelRejectedError as error:
                if time.monotonic() > last or not rows:
                    raise
                log.info("%s. Asking again in %.0f s", error, _PAUSE)
                time.sleep(_PAUSE)
        log.info("%r answers all %d known names as the MOJO does", name, len(cases))
        if other:
            log.info("%d of these names tell it from the former model", telling)


def check_known_names(rows: Sequence[Mapping[str, Any]], cases: Sequence[ProbeCase], *, model: str) -> None:
    """Compare Devo's answers with the MOJO's.

    :raises ModelRejectedError: there is no row, or an answer differs; names the first of them.
    """
    if not rows:
        raise ModelRejectedError(
            f"Model {model!r} could not be asked: the table has no event in the probe's window to ask beside;"
            " take a longer window"
        )
    answers = [rows[0].get(f"p{number}") for number in range(len(cases))]
    wrong = [
        _told(answer, case.score)
        for answer, case in zip(answers, cases, strict=True)
        if not _agrees(answer, case.score)
    ]
    if wrong:
        raise ModelRejectedError(
            f"{len(wrong)} of {len(cases)} known names are answered by {model!r} in Devo otherwise than by"
            f" the MOJO: {_first(wrong)}"
        )


def check_traffic(
    answers: Sequence[Mapping[str, Any]], mojo: Path, feature_set: FeatureSet, *, at_least: int
) -> tuple[int, int]:
    """Check every answer on a name that training would read; return how many those are, and how many flagged.

    Names below a top-level domain that is new here or retired cannot matter: they are left out, and named.

    :param answers: rows of a scoring query with features: ``reg_domain``, ``f_<name>`` …, ``malicious``.
    :param mojo: the model file.
    :param at_least: fewer answers prove nothing.
    :raises ModelRejectedError: too few answers, or any that differ; names the first of them.
    """
    known: list[Mapping[str, Any]] = []
    unread: list[str] = []
    for row in answers:
        if split_host(row["reg_domain"]):
            known.append(row)
        else:
            unread.append(row["reg_domain"])
    if unread:
        log.warning(
            "Devo judges %d names that training does not, such as %s; they are not compared: its list has"
            " other top-level domains",
            len(unread),
            ", ".join(repr(name[:80]) for name in unread[:_SHOWN]),
        )
    if len(known) < at_least:
        raise ModelRejectedError(
            f"Only {len(known)} domains could be scored in Devo, {at_least} are needed to trust"
            " the model; is there traffic in the probe's window?"
        )
    scores = score_mojo(mojo, feature_set, [row["reg_domain"] for row in known])
    wrong = [
        difference
        for row, score in zip(known, scores, strict=True)
        if (difference := _difference(row, score, feature_set))
    ]
    if wrong:
        raise ModelRejectedError(
            f"{len(wrong)} of {len(known)} answers differ between Devo and the MOJO: {_first(wrong)}"
        )
    return len(known), sum(score.label == "1" for score in scores)


def _difference(row: Mapping[str, Any], score: MojoScore, feature_set: FeatureSet) -> str | None:
    domain = row["reg_domain"]
    parts = split_host(domain)
    if parts is None or (parts.registrable, parts.label) != (domain, row["sld"]):
        return f"{domain!r}: label {row['sld']!r} in Devo, {parts.label if parts else None!r} here"
    for name, value in zip(feature_set.names, reference.compute(feature_set, parts), strict=True):
        found = row[f"f_{name}"]
        if found is None or not math.isclose(found, value, rel_tol=0, abs_tol=_TOLERANCE):
            return f"{domain!r}: {name} is {found} in Devo, {value} here"
    return None if _agrees(row["malicious"], score) else _told(row["malicious"], score)


def _agrees(answer: object, score: MojoScore) -> bool:
    # Devo does not document whether it gives a binomial model's label or its score
    if isinstance(answer, float):
        return math.isclose(answer, score.p1, rel_tol=0, abs_tol=_SCORE_TOLERANCE)
    return str(answer) == score.label


def _told(answer: object, score: MojoScore) -> str:
    return f"{score.host!r}: {answer!r} in Devo, label {score.label!r} with score {score.p1} here"


def _first(wrong: Sequence[str]) -> str:
    return "; ".join(wrong[:_SHOWN])
