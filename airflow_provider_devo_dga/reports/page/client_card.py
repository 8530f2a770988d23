"""What a page tells of one client that stands out: who speaks against it, by which names, and what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from airflow_provider_devo_dga.features.event_query import client_events_query
from airflow_provider_devo_dga.reports.evidence.client_evidence import (
    SUSPICIOUS_BELOW,
    ClientEvidence,
    Verdict,
)
from airflow_provider_devo_dga.reports.evidence.client_names import ClientName
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary
from airflow_provider_devo_dga.reports.evidence.witness import Statement, Witness
from airflow_provider_devo_dga.reports.page.text import visible

OPEN = 3
"""Cards that are unfolded."""


_IF_KNOWN = (
    "Are the names known and wanted? Put them on the allow-list. Is it a scanner, a resolver or a mail"
    " server? Put it on no_alarm."
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A witness by whose count alone the client would stand out.

    :param log10_corrected: the probability of as many, times the clients and the witnesses.
    """

    said: Statement
    log10_corrected: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientCard:
    """One client.

    :param names: its strongest names.
    :param silent: witnesses that chance explains.
    :param linq: a query that shows its events; None when there can be none.
    :param steps: what to do next.
    """

    client: ClientEvidence
    names: tuple[ClientName, ...]
    spoken: tuple[Spoken, ...]
    silent: tuple[Witness, ...]
    linq: str | None
    steps: tuple[str, ...]


def client_cards(summary: ReportSummary) -> list[ClientCard]:
    """Return a card for each client that stands out and whose names are kept, the strongest first."""
    return [
        _card(summary, client, summary.client_names[client.client])
        for client in summary.clients
        if client.stands_out and client.client in summary.client_names
    ]


def speaking_for(name: ClientName) -> list[str]:
    """Say in a few words what speaks for a name being a sign of infection."""
    found = name.detection
    return [
        *(["no answer"] if found.no_answer else ()),
        *(["new here"] if name.new else ()),
        *(["only this client"] if found.clients_n == 1 else ()),
        *(["on the watch-list"] if found.watched else ()),
    ]


def _card(summary: ReportSummary, client: ClientEvidence, names: tuple[ClientName, ...]) -> ClientCard:
    looks = client.log10_corrected - client.log10_tail
    told = [Spoken(said, said.log10_tail + looks) for said in client.witnesses]
    spoken = [each for each in told if each.log10_corrected < math.log10(SUSPICIOUS_BELOW)]
    return ClientCard(
        client=client,
        names=names,
        spoken=tuple(sorted(spoken, key=lambda each: each.log10_corrected)),
        silent=tuple(each.said.witness for each in told if each not in spoken),
        linq=_linq(summary, client.client, [name.detection.reg_domain for name in names]),
        steps=tuple(_steps(client)),
    )


def _linq(summary: ReportSummary, client: str, domains: Sequence[str]) -> str | None:
    context = summary.context
    # what cannot be seen cannot be checked before it is sent, and may reverse the rest of the line
    if context.hosts is None or visible(client) != client:
        return None
    seen = [domain for domain in domains if visible(domain) == domain]
    return client_events_query(
        context.hosts, client, seen, start=context.window_start, end=context.window_end
    )


def _steps(client: ClientEvidence) -> list[str]:
    if client.strongest.witness is Witness.FAILED:
        first = (
            "See whether the names end alike: a wrong search suffix, or a service that is gone, makes names"
            " fail by the hundred and infects nobody."
        )
    elif client.verdict is Verdict.INFECTED:
        first = "Keep it from the network outside, and find the process that asks for these names."
    else:
        first = "Find the process that asks for these names before you do more: suspicion is no proof."
    shared = client.flagged and client.exclusive * 2 < client.flagged
    return [
        first,
        "Look at its events in Devo, below: did one of the names get an answer? Then see what it sent there.",
        *(["Most of its flagged names have other clients, too: compare their cards."] if shared else ()),
        _IF_KNOWN,
    ]
