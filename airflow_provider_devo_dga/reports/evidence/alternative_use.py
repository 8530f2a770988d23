"""Who asked for names on alternative roots, which need no model to stand out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict
from airflow_provider_devo_dga.reports.evidence.detection import CLIENTS_NAMED, Detection
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
from airflow_provider_devo_dga.reports.evidence.figures import AlternativeClient
from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow

ALARM_FROM_NAMES = 3
"""Fewer names can be a person's curiosity, or a slip of the keyboard."""

NAMES_SHOWN = 5
NAMES_MOST = 50_000
"""Names of one window that are read; one client can ask for any number."""

FORM = "alternative root"


@dataclass(frozen=True, kw_only=True)
class AlternativeUse(AlternativeClient):
    """One client's names on alternative roots.

    :param names_n: distinct names, the root's label and the one before it.
    :param names: some of them, by name.
    :param roots: the roots, by name.
    :param first_seen: first event of the earliest name, by any client that asked for it.
    :param alarm: whether people are to be told.
    """

    names_n: int
    names: tuple[str, ...]
    roots: tuple[str, ...]
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class AlternativeUses:
    """Who asked, most names first, and each name as a detection, by first event."""

    clients: tuple[AlternativeUse, ...] = ()
    names: tuple[Detection, ...] = ()


def alternative_uses(rows: Sequence[FlaggedRow], lists: DomainLists) -> AlternativeUses:
    """Return who asked for the names.

    :param rows: one a name.
    :param lists: roots that are allowed, and clients that raise no alarm.
    """
    found: defaultdict[str, list[FlaggedRow]] = defaultdict(list)
    rows = [row for row in rows if not lists.allows(row.reg_domain)]
    for row in rows:
        for client in row.clients:
            found[client].append(row)
    uses = {client: _use(client, asked, lists) for client, asked in found.items()}
    order = sorted(uses.values(), key=lambda use: (not use.alarm, -use.names_n, use.client))
    names = (_detection(row, uses) for row in rows)
    return AlternativeUses(
        tuple(order), tuple(sorted(names, key=lambda name: (name.first_seen, name.reg_domain)))
    )


def _use(client: str, asked: Sequence[FlaggedRow], lists: DomainLists) -> AlternativeUse:
    names = sorted({row.reg_domain for row in asked})
    return AlternativeUse(
        client=client,
        names_n=len(names),
        names=tuple(names[:NAMES_SHOWN]),
        roots=tuple(sorted({name.rpartition(".")[2] for name in names})),
        first_seen=min(row.first_seen for row in asked),
        alarm=len(names) >= ALARM_FROM_NAMES and client not in lists.no_alarm,
    )


def _detection(row: FlaggedRow, uses: dict[str, AlternativeUse]) -> Detection:
    clients = sorted(row.clients, key=lambda client: (not uses[client].alarm, -uses[client].names_n, client))
    alarm = any(uses[client].alarm for client in clients)
    return Detection(
        reg_domain=row.reg_domain,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        events_n=row.events_n,
        clients_n=len(clients),
        clients=tuple(clients[:CLIENTS_NAMED]),
        verdict=Verdict.SUSPICIOUS if alarm else Verdict.CHANCE,
        score=None,
        form=FORM,
        flagged=False,
        clients_standing_out_n=sum(uses[client].names_n >= ALARM_FROM_NAMES for client in clients),
    )
