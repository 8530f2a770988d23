"""Who else is in the demo's hour, beside clients that families infect.

The report must find a client that asks for names of words that training lacks, one that asks for few names,
and one on an alternative root. It must not accuse a scanner that people have listed, nor all those who load
names of content networks.
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import islice

from demo.clients import clients_of
from demo.families import FAMILIES
from demo.families.dictionary import suppobox_names
from demo.infections import CANDIDATES, infections, utc
from demo.vocabulary import words

CONTENT_NETWORKS = ("cloudfront.net", "azureedge.net", "b-cdn.net")
CONTENT_NAMES = 8
"""Names of content networks that each client loads."""

PLAIN_SIGHT = ("murofet", "newgoz", "necurs", "tinba", "fobber", "cryptolocker", "ramdo", "dircrypt")
"""Families whose names a model flags one and all; more than an hour has infections."""

_WORDS = 384
_LABEL = 13


class Role(StrEnum):
    """What a client does in the hour."""

    FAMILY = "a family that training knows"
    WORDS = "words that training lacks"
    SLOW = "nine names in the hour"
    ROOT = "an alternative root"
    SCANNER = "scanner, listed in no_alarm"

    @property
    def is_infected(self) -> bool:
        """Whether the report has to find the client."""
        return self is not Role.SCANNER


@dataclass(frozen=True)
class Part:
    """A client and the names that it asks for because of its role; few of them get an answer."""

    client: str
    role: Role
    hosts: tuple[str, ...]


def parts(start: datetime, seed: int) -> list[Part]:
    """Return one client for each role but :attr:`Role.FAMILY`; none of them is infected by a family."""
    day = utc(start).date()
    rng = random.Random(f"roles|{seed}|{utc(start).isoformat()}")  # noqa: S311 (repeatable on purpose)
    infected = infections(start, seed)
    taken = {infection.client for infection in infected}
    free = [client.address for client in clients_of(CANDIDATES, seed) if client.address not in taken]
    slow, root, scanner = [name for name in PLAIN_SIGHT if name not in {each.family for each in infected}][:3]
    hosts = {
        Role.WORDS: _other_words(day, 60),
        Role.SLOW: _of_family(slow, day, 9),
        Role.ROOT: tuple(f"{host.split('.')[0]}.bazar" for host in _of_family(root, day, 14)),
        Role.SCANNER: _of_family(scanner, day, 90),
    }
    return [
        Part(client, role, hosts[role])
        for client, role in zip(rng.sample(free, len(hosts)), hosts, strict=True)
    ]


def content_hosts(rng: random.Random) -> tuple[str, ...]:
    """Draw names below content networks: made by a machine, and nobody's malware."""
    alphabet = string.ascii_lowercase + string.digits
    return tuple(
        f"d{''.join(rng.choices(alphabet, k=_LABEL))}.{rng.choice(CONTENT_NETWORKS)}"
        for _ in range(CONTENT_NAMES)
    )


def _of_family(name: str, day: date, count: int) -> tuple[str, ...]:
    return tuple(islice(dict.fromkeys(islice(FAMILIES[name].generate(day), 4 * count)), count))


def _other_words(day: date, count: int) -> tuple[str, ...]:
    """Return suppobox's names out of a list of words that no family of the training has."""
    known = [word for word in words("it") if 4 <= len(word) <= 9][:_WORDS]
    names = suppobox_names(day.toordinal() * count, known)
    return tuple(islice((f"{name}.net" for name in dict.fromkeys(islice(names, 4 * count))), count))
