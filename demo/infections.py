"""Which clients of the demo's hour are infected, with what, and which names they try: the ground truth."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from demo.clients import clients_of
from demo.families import FAMILIES

# Infected clients are among the first ones, so that they do not depend on how many there are.
CANDIDATES = 20


@dataclass(frozen=True)
class Infection:
    """One infected client.

    :param client: its address.
    :param lookups: how many distinct generated hosts it tries within the hour.
    """

    client: str
    family: str
    lookups: int


def utc(start: datetime) -> datetime:
    """Return ``start`` in UTC, by whose date malware reckons; refuse a naive one."""
    if start.tzinfo is None:
        raise ValueError(f"start must have a time zone: {start.isoformat()}")
    return start.astimezone(UTC)


def infections(start: datetime, seed: int) -> list[Infection]:
    """Return five or six infections of different families, one of them dictionary-based.

    That one is found because the demo's training has names of its words; one of unseen words is missed.
    """
    rng = random.Random(f"infections|{seed}|{utc(start).isoformat()}")  # noqa: S311 (repeatable on purpose)
    dictionary = [name for name, family in FAMILIES.items() if family.dictionary]
    others = [name for name, family in FAMILIES.items() if not family.dictionary]
    families = [*rng.sample(others, rng.choice((4, 5))), rng.choice(dictionary)]
    infected = rng.sample(clients_of(CANDIDATES, seed), len(families))
    return [
        Infection(client.address, family, rng.randint(30, 200))
        for client, family in zip(infected, families, strict=True)
    ]


def generated_hosts(infection: Infection, start: datetime) -> list[str]:
    """Return the distinct hosts that an infected client tries, in the malware's order for that date."""
    hosts = FAMILIES[infection.family].generate(utc(start).date())
    distinct: dict[str, None] = {}
    while len(distinct) < infection.lookups:
        distinct.update(dict.fromkeys(islice(hosts, infection.lookups - len(distinct))))
    return list(distinct)
