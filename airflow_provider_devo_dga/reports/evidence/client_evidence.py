"""How surprising one client's flagged domains are, if it were clean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from airflow_provider_devo_dga.reports.evidence.cluster import Cluster
from airflow_provider_devo_dga.reports.evidence.figures import JudgedClient
from airflow_provider_devo_dga.reports.evidence.null_rate import NullRate
from airflow_provider_devo_dga.reports.evidence.witness import Statement, Witness

ASSUMED_FALSE_POSITIVE_RATE = 0.01
"""Stands in, and is named as assumed, when no rate was measured."""

CERTAIN_BELOW = 1e-6
"""Corrected probability below which a client is almost certainly infected."""

SUSPICIOUS_BELOW = 1e-2
"""Corrected probability below which a client is suspicious."""

CERTAIN_FROM_FLAGGED = 5
"""One site's odd asset hosts can be flagged together; fewer names than this stay suspicious."""


class Verdict(StrEnum):
    """What the evidence amounts to, strongest first."""

    INFECTED = "almost certainly infected"
    SUSPICIOUS = "suspicious"
    NO_ALARM = "no alarm, as listed"
    CHANCE = "as expected by chance"

    @property
    def is_alarm(self) -> bool:
        """Whether people are to be told."""
        return self in {Verdict.INFECTED, Verdict.SUSPICIOUS}


@dataclass(frozen=True, kw_only=True)
class ClientEvidence(JudgedClient):
    """One client with at least one flagged domain, or one that stands out without.

    Probabilities are base-10 logarithms: they reach far below the smallest float.

    :param asked: distinct registrable domains it asked for, n, of which k were ``flagged``.
    :param counted: the flagged ones, those that other clients ask for as well counted in part.
    :param expected: n × the rate of clean clients here.
    :param exclusive: flagged domains that no other client asked for.
    :param suffix: the public suffix most of its flagged domains, ``suffix_n``, share; ``""`` when unknown.
    :param clusters: its largest groups of flagged domains that look alike.
    :param first_flagged: first event of the earliest flagged domain, by any client that asked for it; of
        the earliest domain without an answer for a client without flagged ones.
    :param witnesses: what each says of the client.
    :param log10_tail: log10 of the least probability that a witness gives.
    :param log10_corrected: the same times the number of clients and witnesses (Bonferroni), at most 0.0.
    """

    asked: int
    flagged: int
    counted: int
    expected: float
    exclusive: int
    suffix: str
    suffix_n: int
    clusters: tuple[Cluster, ...]
    first_flagged: datetime
    witnesses: tuple[Statement, ...]
    log10_tail: float
    log10_corrected: float
    verdict: Verdict

    @property
    def stands_out(self) -> bool:
        """Whether the verdict is more than chance, and the client not listed to raise no alarm."""
        return self.verdict.is_alarm

    @property
    def stands_out_alone(self) -> bool:
        """Whether the client stands out by this window, whatever those before it say."""
        now = [said for said in self.witnesses if said.witness is not Witness.FLAGGED_BEFORE]
        looks = self.log10_corrected - self.log10_tail
        return self.stands_out and min(said.log10_tail for said in now) + looks < math.log10(SUSPICIOUS_BELOW)

    @property
    def strongest(self) -> Statement:
        """Return what the witness says that speaks loudest, the first one on a tie."""
        return min(self.witnesses, key=lambda statement: statement.log10_tail)

    @property
    def rank(self) -> tuple[float, int, str]:
        """Sort key: least probable first, then most flagged, then by name.

        By the uncorrected probability: the order is the same, and clients whose corrected one is 1 keep it.
        """
        return (self.log10_tail, -self.flagged, self.client)


def verdict_of(flagged: int, log10_corrected: float, log10_by_flags: float) -> Verdict:
    """Put corrected probabilities into words.

    :param log10_corrected: of what the strongest witness says.
    :param log10_by_flags: of what the strongest one that counts flagged names says: a wrong search suffix
        makes names fail by the hundred, and infects nobody.
    """
    if log10_by_flags < math.log10(CERTAIN_BELOW) and flagged >= CERTAIN_FROM_FLAGGED:
        return Verdict.INFECTED
    if log10_corrected < math.log10(SUSPICIOUS_BELOW):
        return Verdict.SUSPICIOUS
    return Verdict.CHANCE


def suspicious_from(n: int, null: NullRate, looks: int) -> int:
    """Return the smallest number of flagged domains that makes a client with ``n`` domains suspicious.

    :param looks: clients × witnesses.
    :return: at most n + 1, when not even n would be enough.
    """
    bound = math.log10(SUSPICIOUS_BELOW / max(looks, 1))
    k = math.ceil(n * null.mean)
    while k <= n and null.log10_tail(k, n) >= bound:
        k += 1
    return k
