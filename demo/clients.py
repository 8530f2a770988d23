"""The machines of the demo's network: their addresses, browsers and habits."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from demo.text_files import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

# RFC 1918 for most, RFC 5737 (documentation) for visitors from outside: neither belongs to anyone.
PRIVATE = ("10.20", "10.21", "172.16", "192.168")
DOCUMENTATION = ("192.0.2", "198.51.100", "203.0.113")


@dataclass(frozen=True)
class Client:
    """One machine.

    :param cookie: the session id that its browser sends.
    :param activity: its share of the events, relative to others'.
    :param sessions: milliseconds into the hour around which it is busy.
    """

    address: str
    user_agent: str
    cookie: int
    activity: float
    sessions: tuple[int, ...]


def _addresses(rng: random.Random) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        if rng.random() < 0.85:
            address = f"{rng.choice(PRIVATE)}.{rng.randint(0, 15)}.{rng.randint(1, 254)}"
        else:
            address = f"{rng.choice(DOCUMENTATION)}.{rng.randint(1, 254)}"
        if address not in seen:
            seen.add(address)
            yield address


def clients_of(count: int, seed: int) -> list[Client]:
    """Return ``count`` clients; the first ones are the same whatever the count."""
    agents = read_lines("user_agents.txt")
    rng = random.Random(f"clients|{seed}")  # noqa: S311 (repeatable on purpose)
    return [
        Client(
            address=address,
            # Browsers much more than the two odd ones at the end.
            user_agent=rng.choice(agents[:-2]) if rng.random() < 0.97 else rng.choice(agents[-2:]),
            cookie=rng.getrandbits(32),
            activity=rng.lognormvariate(0, 0.8),
            sessions=tuple(rng.randrange(3_600_000) for _ in range(rng.randint(1, 6))),
        )
        for address in islice(_addresses(random.Random(f"addresses|{seed}")), count)  # noqa: S311
    ]
