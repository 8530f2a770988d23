"""A believable hour of ``demo.ecommerce.data``: a web shop's access log with infected visitors in it."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import orjson

from demo.clients import Client, clients_of
from demo.infections import CANDIDATES, Infection, generated_hosts, infections, utc
from demo.referrals import Referrals, shop_path
from demo.roles import content_hosts, parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

__all__ = ["Infection", "hour_of_events", "infections", "write_events"]

HOUR_MS = 3_600_000
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STATUS_CODES = (200, 304, 302, 404, 301, 403, 500, 503)
STATUS_WEIGHTS = (870, 915, 950, 975, 985, 990, 995, 1000)
EMPTY_ANSWERS = (304, 503)
NO_ANSWER = (502, 502, 502, 503)
"""What stands in the column of codes when a name was looked up in vain, as a proxy would have it."""


def hour_of_events(
    start: datetime,
    *,
    seed: int = 11,
    events: int = 60_000,
    clients: int = 220,
    after_end: int = 0,
    roles: bool = False,
) -> Iterator[dict[str, Any]]:
    """Return the hour's events in the order of ``eventdate``, the same ones for the same arguments.

    :param start: aware; every ``eventdate`` lies in [start, start + 1 h).
    :param events: how many, the infected clients' lookups among them.
    :param clients: how many machines; at least 20.
    :param roles: whether there is more than families and shoppers, see :mod:`demo.roles`.
    :param after_end: so many more events within the minute after the hour, to test a window's end with.
    """
    if clients < CANDIDATES:
        raise ValueError(f"clients must be at least {CANDIDATES}: {clients}")
    hour = _Hour(utc(start), seed, clients)
    lookups = [event for infection in infections(start, seed) for event in hour.lookups(infection)]
    if roles:
        lookups += [event for part in parts(start, seed) for event in hour.attempts(part.client, part.hosts)]
        lookups += hour.content()
    if events < len(lookups):
        raise ValueError(f"events must be at least {len(lookups)}, the infected clients' lookups: {events}")
    everything = lookups + hour.visits(events - len(lookups)) + hour.visits_after_end(after_end)
    return iter(sorted(everything, key=lambda event: int(event["eventdate"])))


def write_events(path: Path, start: datetime, **options: Any) -> int:
    """Write the hour as one JSON object a line and return how many; ``options`` as for `hour_of_events`."""
    count = 0
    with path.open("wb") as file:
        for event in hour_of_events(start, **options):
            file.write(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


class _Hour:
    def __init__(self, start: datetime, seed: int, count: int) -> None:
        self._start = start
        self._start_ms = int(start.timestamp() * 1000)
        self._rng = random.Random(f"hour|{seed}|{start.isoformat()}")  # noqa: S311 (repeatable on purpose)
        self._clients = clients_of(count, seed)
        self._by_address = {client.address: client for client in self._clients}
        self._activity = list(accumulate(client.activity for client in self._clients))
        self._referrals = Referrals(seed)

    def visits(self, count: int) -> list[dict[str, Any]]:
        """Ordinary traffic: clients at work around their sessions."""
        rng = self._rng
        events = []
        for client in rng.choices(self._clients, cum_weights=self._activity, k=count):
            # Round the clock, so that sessions near its ends stay inside the hour.
            offset = int(rng.gauss(rng.choice(client.sessions), 240_000)) % HOUR_MS
            events.append(self._visit(client, offset))
        return events

    def visits_after_end(self, count: int) -> list[dict[str, Any]]:
        """Ordinary traffic of the minute after the hour."""
        return [
            self._visit(self._rng.choice(self._clients), HOUR_MS + self._rng.randrange(60_000))
            for _ in range(count)
        ]

    def lookups(self, infection: Infection) -> list[dict[str, Any]]:
        """The malware's attempts."""
        return self.attempts(infection.client, generated_hosts(infection, self._start))

    def content(self) -> list[dict[str, Any]]:
        """Names of content networks, which every client loads."""
        rng = self._rng
        return [
            self._event(client, rng.randrange(HOUR_MS), f"https://{host}/a.js", 200, 900, 40)
            for client in self._clients
            for host in content_hosts(rng)
        ]

    def attempts(self, address: str, hosts: Sequence[str]) -> list[dict[str, Any]]:
        """Up to four bursts of tries, names in order, some tried twice; few get an answer."""
        rng = self._rng
        client = self._by_address[address]
        events = []
        size = -(-len(hosts) // rng.randint(1, 4))
        for first in range(0, len(hosts), size):
            offset = rng.randrange(HOUR_MS - 900_000)
            for host in hosts[first : first + size]:
                for _ in range(rng.choice((1, 1, 2))):
                    # 400 attempts at most, 2 s each: a burst ends within the hour.
                    offset += rng.randint(200, 2_000)
                    events.append(self._attempt(client, offset, host))
        return events

    def _visit(self, client: Client, offset: int) -> dict[str, Any]:
        rng = self._rng
        status = rng.choices(STATUS_CODES, cum_weights=STATUS_WEIGHTS)[0]
        size = 0 if status in EMPTY_ANSWERS else int(rng.lognormvariate(8, 1.1))
        taken = 30_000 + rng.randrange(500) if status == 503 else int(rng.lognormvariate(4.3, 0.9)) + 1
        return self._event(client, offset, self._referrals.draw(rng), status, size, taken)

    def _attempt(self, client: Client, offset: int, host: str) -> dict[str, Any]:
        rng = self._rng
        answered = rng.random() < 0.06
        status = 200 if answered else rng.choice(NO_ANSWER)
        size = rng.randint(20, 400) if answered else 0
        referral = f"http://{host}/{rng.choice(('', '', 'x', 'gate.php', 'news/'))}"
        return self._event(client, offset, referral, status, size, rng.randint(20, 3_000))

    def _event(
        self, client: Client, offset: int, referral: str | None, status: int, size: int, taken: int
    ) -> dict[str, Any]:
        rng = self._rng
        # An access log writes when the answer is out; a few lines reach the table much later.
        delay = rng.randint(60_000, 3_000_000) if rng.random() < 0.002 else min(taken, 2_000)
        return {
            "eventdate": self._start_ms + offset,
            "timestamp": _access_log_time(self._start + timedelta(milliseconds=offset - delay)),
            "clientIpAddress": client.address,
            "userAgent": client.user_agent if rng.random() < 0.995 else "",
            "cookie": None if rng.random() < 0.05 else f"SID={client.cookie:08x}",
            "uri": shop_path(rng),
            "referralUri": referral,
            "method": rng.choices(("GET", "POST", "HEAD"), cum_weights=(92, 99, 100))[0],
            "protocol": rng.choices(("HTTP 1.1", "HTTP 2.0", "HTTP 1.0"), cum_weights=(90, 98, 100))[0],
            "statusCode": status,
            "bytesTransferred": size,
            "timeTaken": taken,
        }


def _access_log_time(moment: datetime) -> str:
    # Not strftime's %b: that follows the process's locale.
    return f"{moment:%d}/{MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000"
