"""The crowd: clients that do not stand out, counted by how many names they asked for and had flagged."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from airflow_provider_devo_dga.chance import two_digit_unit
from airflow_provider_devo_dga.reports.evidence.client_tally import ClientTally


@dataclass(frozen=True, kw_only=True)
class ClientCell:
    """How many clients, of those that do not stand out, asked for about so many domains and flagged ones.

    Both are rounded down to two leading digits.
    """

    asked: int
    flagged: int
    clients: int


def client_cells(tally: ClientTally, standing_out: AbstractSet[str]) -> tuple[ClientCell, ...]:
    """Count all clients but those that stand out."""
    counts = Counter(
        (_rounded_down(asked), _rounded_down(math.floor(tally.counted.get(client, 0))))
        for client, asked in tally.asked.items()
        if client not in standing_out
    )
    return tuple(
        ClientCell(asked=asked, flagged=flagged, clients=clients)
        for (asked, flagged), clients in sorted(counts.items())
    )


def _rounded_down(count: int) -> int:
    """1234 gives 1200: a chart shows no more, and cells stay few however many clients there are."""
    unit = two_digit_unit(count)
    return count // unit * unit
