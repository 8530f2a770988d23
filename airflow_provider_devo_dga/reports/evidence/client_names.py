"""The names that speak loudest against each client, a fair share for each, and names that many ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest

from airflow_provider_devo_dga.reports.evidence.detection import Detection

CLIENTS_SHOWN = 200
"""Clients whose names are kept, the strongest first."""

NAMES_SHOWN = 600
"""Names that are kept in all, but for :data:`LEAST_NAMES` of each client."""

MOST_NAMES, LEAST_NAMES = 10, 3

WIDE_FROM = 10
"""Clients from which on a name is one that many ask for."""

WIDE_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ClientName:
    """A flagged name that a client asked for.

    :param new: whether nobody here asked for it in the windows before; None when there were none.
    """

    detection: Detection
    new: bool | None

    @property
    def strength(self) -> tuple[bool, bool, int, float, datetime, str]:
        """Sort key, the strongest first: without an answer, new, asked for by few, by score, by time."""
        found = self.detection
        score, time = -(found.score or 0.0), (found.first_seen, found.reg_domain)
        return (not found.no_answer, not self.new, found.clients_n, score, *time)


class ClientNames:
    """Keeps the strongest names of some clients; grows with these, not with names.

    :param clients: those that stand out, the strongest first.
    """

    def __init__(self, clients: Sequence[str]) -> None:
        self._kept: dict[str, list[ClientName]] = {client: [] for client in clients[:CLIENTS_SHOWN]}
        fair = NAMES_SHOWN // max(1, len(self._kept))
        self._most = max(LEAST_NAMES, min(MOST_NAMES, fair))
        self._wide: list[Detection] = []

    def add(self, clients: Iterable[str], name: ClientName) -> None:
        """Take a flagged name.

        :param clients: all that asked for it.
        """
        for client in clients:
            if (kept := self._kept.get(client)) is not None:
                kept.append(name)
                if len(kept) >= 4 * self._most:
                    self._kept[client] = self._strongest(kept)
        if name.detection.clients_n >= WIDE_FROM:
            self._wide.append(name.detection)
            if len(self._wide) >= 4 * WIDE_SHOWN:
                self._wide = self._widest()

    def strongest(self) -> Mapping[str, tuple[ClientName, ...]]:
        """Return each client's names, the strongest first."""
        return {client: tuple(self._strongest(kept)) for client, kept in self._kept.items()}

    def wide(self) -> tuple[Detection, ...]:
        """Return names that many clients asked for, those of most clients first."""
        return tuple(self._widest())

    def _strongest(self, kept: list[ClientName]) -> list[ClientName]:
        return nsmallest(self._most, kept, key=lambda name: name.strength)

    def _widest(self) -> list[Detection]:
        return nsmallest(WIDE_SHOWN, self._wide, key=lambda found: (-found.clients_n, found.reg_domain))
