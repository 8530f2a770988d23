"""Who speaks for or against a client: counts of its names, each against its own null distribution."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from airflow_provider_devo_dga.reports.evidence.null_rate import Expected, NullRate, fit

WIDELY_ASKED_SHARE = 0.1
WIDELY_ASKED_CLIENTS = 10


class Witness(StrEnum):
    """What is counted of a client's names."""

    FLAGGED = "flagged"
    FLAGGED_FAILED = "flagged and without an answer"
    FAILED = "without an answer"
    FLAGGED_NEW = "flagged, and asked for by nobody in the windows before"
    FLAGGED_BEFORE = "flagged when first asked for, in this window and those before"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one witness says of one client.

    :param counted: names that count, those that others ask for as well in part; of ``asked``.
    :param expected: how many a clean client here would have.
    :param log10_tail: log10 of the probability that a clean one has as many.
    """

    witness: Witness
    counted: int
    asked: int
    expected: float
    log10_tail: float


Counts = Mapping[str, float]
"""Client → names that count; clients without any are left out."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One witness with its null distribution, fitted to all clients of the network."""

    witness: Witness
    counts: Counts
    asked: Mapping[str, int]
    null: NullRate

    @classmethod
    def fitted(cls, witness: Witness, counts: Counts, asked: Mapping[str, int], expected: Expected) -> Bench:
        """Return the witness, its null distribution out of the counts of all clients."""
        cells = Counter((names, math.floor(counts.get(client, 0))) for client, names in asked.items())
        return cls(witness, counts, asked, fit(cells, expected))

    def speak(self, client: str) -> Statement:
        """Return what the witness says of a client."""
        counted, asked = math.floor(self.counts.get(client, 0)), self.asked.get(client, 0)
        return Statement(
            witness=self.witness,
            counted=counted,
            asked=asked,
            expected=asked * self.null.mean,
            log10_tail=self.null.log10_tail(counted, asked),
        )


def widely_asked_from(network: int) -> float:
    """Return from how many clients on a name is one of many, in a network of so many."""
    return max(WIDELY_ASKED_CLIENTS, network * WIDELY_ASKED_SHARE)


def share_of(clients: int, network: int) -> float:
    """Return how much a name counts for each of the clients that asked for it.

    One fact that many clients show is no independent proof against each: alone it counts 1, for two clients
    five sixths, for 32 a half. A name of many is more often popular than malicious: from there on the share
    falls with the fourth root of their number, too.

    :param network: how many clients there are in all.
    """
    alike = 1 / (1 + math.log2(max(clients, 1)) / 5)
    return alike * math.pow(min(1.0, widely_asked_from(network) / max(clients, 1)), 0.25)


def strongest(statements: Sequence[Statement], clients: int) -> tuple[float, float]:
    """Return log10 of the least probability, alone and corrected for clients and witnesses (Bonferroni)."""
    tail = min(statement.log10_tail for statement in statements)
    looks = max(clients, 1) * len(statements)
    return tail, min(0.0, tail + math.log10(looks))
