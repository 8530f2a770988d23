"""Names that any model can be asked about, and what a MOJO makes of them.

Their features go as numbers, so one query asks about every name, and one event in the window is enough.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from airflow_provider_devo_dga.features import quoting, reference
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.models.mojo_scoring import MojoScore, parts_to_score, score_mojo

KNOWN_HOSTS = (
    *("google.com", "wikipedia.org", "python.org", "weather.gov", "bbc.co.uk", "stackoverflow.com"),
    *("my-garden-shop.de", "a1.net", "xkcd.com", "123people.com"),
    *("qzxkvjwpfh.ru", "k3j9x0q8v7z2.info", "bafekuhomisu.biz", "nxdqjgvtkrm.org"),
    *("deadbeefcafe0123.com", "silverwindowtable.net"),
)
"""Names that are asked about each time, plain ones and made-up ones."""

_POOL = 300
_TELLING = 16
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TLDS = ("com", "net", "org", "ru", "info", "biz", "de")


@dataclass(frozen=True, slots=True)
class ProbeCase:
    """One name, its features, and what the MOJO makes of it."""

    values: tuple[float, ...]
    score: MojoScore


def probe_cases(
    mojo: Path, features: FeatureSet, other: tuple[Path, FeatureSet] | None = None
) -> tuple[list[ProbeCase], int]:
    """Return the cases for a model, and how many of them another model labels otherwise.

    :param other: a model that must not be taken for this one, for instance the one that served before.
    """
    pool = list(_made_up_hosts()) if other else []
    scores = score_mojo(mojo, features, [*KNOWN_HOSTS, *pool])
    known, telling = scores[: len(KNOWN_HOSTS)], []
    if other:
        others = score_mojo(*other, [score.host for score in scores])
        pairs = list(zip(scores, others, strict=True))
        telling = [score for score, its in pairs if score.label != its.label][:_TELLING]
    chosen = list(dict.fromkeys([*known, *telling]))
    return [
        ProbeCase(tuple(reference.compute(features, parts_to_score(score.host))), score) for score in chosen
    ], len(telling)


def probe_query(cases: Sequence[ProbeCase], *, table: str, devo_domain: str, model: str) -> str:
    """Return the LINQ that asks a model about every case: one row with a column ``p<number>`` a case."""
    owner = quoting.string(quoting.domain_name(devo_domain))
    name = quoting.string(quoting.model_name(model))
    columns = (
        f"mlevalmodel({owner}, {name}, {', '.join(map(quoting.number, case.values))}) as p{number}"
        for number, case in enumerate(cases)
    )
    return "\n".join(
        (
            f"from {quoting.table(table)}",
            "group",
            "select count() as events_n",
            "select " + ",\n  ".join(columns),
        )
    )


def _made_up_hosts() -> Iterator[str]:
    """Yield names from random to pronounceable, always the same: two models differ on some of them."""
    for number in range(_POOL):
        digest = hashlib.sha256(f"probe {number}".encode()).digest()
        length = 5 + digest[0] % 16
        match number % 4:
            case 0:
                label = "".join(_LETTERS[byte % 26] for byte in digest[1:])
            case 1:
                label = digest.hex()
            case 2:
                label = "".join(f"{'bdfklmnprst'[a % 11]}{'aeiou'[a % 5]}" for a in digest[1:])
            case _:
                label = "".join(f"{'aeiou'[a % 5]}{'nrstlmd'[a % 7]}" for a in digest[1:])
        yield f"{label[:length]}.{_TLDS[digest[-1] % len(_TLDS)]}"
