"""How surprising one client's flagged domains are, if it were clean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from airflow_provider_devo_dga.chance import log_tail
from airflow_provider_devo_dga.reports.evidence.cluster import Cluster

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
class ClientEvidence:
    """One client with at least one flagged domain.

    A clean client that asks for n distinct domains has about Binomial(n, false-positive rate) flagged
    ones. Probabilities are base-10 logarithms: they reach far below the smallest float.

    :param client: as the events name it, mostly an IP address; hostile text is possible.
    :param asked: distinct registrable domains it asked for, n, of which k were ``flagged``.
    :param expected: n × false-positive rate.
    :param exclusive: flagged domains that no other client asked for.
    :param suffix: the public suffix most of its flagged domains, ``suffix_n``, share; ``""`` when unknown.
    :param clusters: its largest groups of flagged domains that look alike.
    :param first_flagged: first event of the earliest flagged domain, by any client that asked for it.
    :param log10_tail: log10 P(X ≥ k | n, rate).
    :param log10_corrected: the same times the number of clients (Bonferroni), at most 0.0.
    """

    client: str
    asked: int
    flagged: int
    expected: float
    exclusive: int
    suffix: str
    suffix_n: int
    clusters: tuple[Cluster, ...]
    first_flagged: datetime
    log10_tail: float
    log10_corrected: float
    verdict: Verdict

    @property
    def stands_out(self) -> bool:
        """Whether the verdict is more than chance, and the client not listed to raise no alarm."""
        return self.verdict.is_alarm

    @property
    def rank(self) -> tuple[float, int, str]:
        """Sort key: least probable first, then most flagged, then by name.

        By the uncorrected probability: the order is the same, and clients whose corrected one is 1 keep it.
        """
        return (self.log10_tail, -self.flagged, self.client)


def log10_probabilities(k: int, n: int, rate: float, clients: int) -> tuple[float, float]:
    """Return log10 of P(X ≥ k | n, rate), alone and corrected for ``clients`` looks at chance."""
    tail = log_tail(k, n, rate) / math.log(10)
    return tail, min(0.0, tail + math.log10(max(clients, 1)))


def verdict_of(flagged: int, log10_corrected: float) -> Verdict:
    """Put a corrected probability into words."""
    if log10_corrected < math.log10(CERTAIN_BELOW) and flagged >= CERTAIN_FROM_FLAGGED:
        return Verdict.INFECTED
    if log10_corrected < math.log10(SUSPICIOUS_BELOW):
        return Verdict.SUSPICIOUS
    return Verdict.CHANCE


def suspicious_from(n: int, rate: float, clients: int) -> int:
    """Return the smallest number of flagged domains that makes a client with ``n`` domains suspicious.

    :return: at most n + 1, when not even n would be enough.
    """
    k = math.ceil(n * rate)
    while k <= n and log10_probabilities(k, n, rate, clients)[1] >= math.log10(SUSPICIOUS_BELOW):
        k += 1
    return k
