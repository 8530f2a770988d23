"""Who asks for what in a simulated network, hour by hour."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow
from benchmarks.network.names import Name, Names

HABITS = 150
"""Names that a client asks for again and again."""

HABIT_SHARE = 0.7
TYPICAL_NAMES = 60
FAILING = 0.03
"""Share of legit names that do not exist, any more."""

DGA_FAILING = 0.97
SCHEMA = pa.schema(
    [
        ("reg_domain", pa.string()),
        ("sld", pa.string()),
        ("events_n", pa.int64()),
        ("first_seen", pa.timestamp("ms", "UTC")),
        ("last_seen", pa.timestamp("ms", "UTC")),
        ("client_ips", pa.list_(pa.string())),
        ("malicious", pa.string()),
        ("failed_n", pa.int64()),
    ]
)


class LookUp(NamedTuple):
    """One client asks for one name."""

    client: str
    name: Name
    failed: bool


@dataclass
class Hour:
    """The look-ups of an hour, and the truth about it."""

    look_ups: list[LookUp] = field(default_factory=list)
    infected: frozenset[str] = frozenset()
    roots: list[tuple[str, str]] = field(default_factory=list)
    """Clients and the names on alternative roots that they ask for: no model judges these."""

    @property
    def clients(self) -> set[str]:
        """Return all clients that asked for anything."""
        return {look_up.client for look_up in self.look_ups}

    def alternative(self, start: datetime) -> list[FlaggedRow]:
        """Return what the query for names on alternative roots would: each name once, with its clients."""
        asked: dict[str, list[str]] = {}
        for client, name in self.roots:
            asked.setdefault(name, []).append(client)
        return [
            FlaggedRow(
                reg_domain=name,
                label=name.partition(".")[0],
                suffix=name.partition(".")[2],
                events_n=2 * len(clients),
                first_seen=start,
                last_seen=start + timedelta(seconds=60),
                clients=tuple(dict.fromkeys(clients)),
                score=None,
            )
            for name, clients in asked.items()
        ]

    def write(self, path: Path, start: datetime, chance: random.Random, *, answers: bool) -> None:
        """Write the rows that the scoring query would return: each name once, with its clients.

        :param answers: whether the table has a response code.
        """
        asked: dict[Name, dict[str, bool]] = {}
        for client, name, failed in self.look_ups:
            asked.setdefault(name, {})[client] = failed
        first = [start + timedelta(seconds=chance.randrange(3500)) for _ in asked]
        columns = {
            "reg_domain": [name.reg_domain for name in asked],
            "sld": [name.label for name in asked],
            "events_n": [2 * len(clients) for clients in asked.values()],
            "first_seen": first,
            "last_seen": [moment + timedelta(seconds=60) for moment in first],
            "client_ips": [list(clients) for clients in asked.values()],
            "malicious": ["1" if name.flagged else "0" for name in asked],
            "failed_n": [2 * sum(clients.values()) for clients in asked.values()],
        }
        table = pa.table(columns, schema=SCHEMA)
        pq.write_table(table if answers else table.drop_columns(["failed_n"]), path)


class Popular:
    """Names of which few are asked for often and many seldom, as in real traffic."""

    def __init__(self, names: Names, chance: random.Random) -> None:
        self._names = chance.sample(list(names), len(names))
        self._weights = list(accumulate(1 / (rank + 8) for rank in range(len(names))))

    def draw(self, count: int, chance: random.Random) -> list[Name]:
        """Return so many names, some of them twice."""
        return chance.choices(self._names, cum_weights=self._weights, k=count)


@dataclass(frozen=True, slots=True)
class Client:
    """A machine: how many names it asks for in an hour, and which ones again and again."""

    address: str
    names: float
    habits: Names
    site: Popular


class Network:
    """Clean clients.

    :param sites: what clients ask for; each client belongs to one of them, in turn.
    """

    def __init__(self, sites: Sequence[Names], clients: int, chance: random.Random) -> None:
        self.chance = chance
        popular = [Popular(names, chance) for names in sites]
        self.clients = [self._client(number, popular[number % len(sites)]) for number in range(clients)]
        self._exists: dict[str, bool] = {}

    @property
    def addresses(self) -> list[str]:
        """Return the clients' addresses."""
        return [client.address for client in self.clients]

    def hour(self) -> Hour:
        """Return what everybody asks for in an hour."""
        hour = Hour()
        for client in self.clients:
            count = max(3, round(client.names * self.chance.lognormvariate(0, 0.3)))
            habits = round(count * HABIT_SHARE)
            names = self.chance.choices(client.habits, k=habits) + client.site.draw(
                count - habits, self.chance
            )
            self.ask(hour, client.address, names)
        return hour

    def ask(self, hour: Hour, client: str, names: Collection[Name], failing: float | None = None) -> None:
        """Let a client ask for names.

        :param failing: probability that one does not exist; by default a name exists for all or for nobody.
        """
        for name in names:
            hour.look_ups.append(
                LookUp(client, name, self._fails(name) if failing is None else self.chance.random() < failing)
            )

    def infect(self, hour: Hour, client: str, names: Names, count: int) -> None:
        """Let a client ask for names of a family."""
        self.ask(hour, client, self.chance.sample(list(names), min(count, len(names))), DGA_FAILING)
        hour.infected |= {client}

    def _fails(self, name: Name) -> bool:
        if name.reg_domain not in self._exists:
            self._exists[name.reg_domain] = self.chance.random() >= FAILING
        return not self._exists[name.reg_domain]

    def _client(self, number: int, site: Popular) -> Client:
        names = min(400.0, TYPICAL_NAMES * math.exp(self.chance.gauss(0, 0.6)))
        address = f"10.{number // 62500}.{number // 250 % 250}.{number % 250}"
        return Client(address, names, site.draw(HABITS, self.chance), site)
