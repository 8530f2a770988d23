"""Count, for each client, the domains it asked for and what is known of the flagged ones."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from airflow_provider_devo_dga.reports.evidence.client_evidence import ClientEvidence, verdict_of
from airflow_provider_devo_dga.reports.evidence.cluster import Clusters
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
from airflow_provider_devo_dga.reports.evidence.null_rate import Expected, expected_of
from airflow_provider_devo_dga.reports.evidence.past import ClientCount, Past
from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow, RowBatch
from airflow_provider_devo_dga.reports.evidence.witness import (
    Bench,
    Witness,
    share_of,
    strongest,
)

CLUSTERS_NAMED = 3
FAILING_EXPECTED = Expected(0.05, spread=2.0)
"""How many names of a clean client have no answer, before the network is looked at: it may be any share."""

NEW_SHARE = 0.5
"""Share of a clean client's flagged names that nobody asked for before, until the network is looked at."""

FLAGGED_FAILING_SHARE = 0.1
"""Share of a clean client's flagged names that have no answer, before the network is looked at."""


@dataclass
class _Flagged:
    """A client's flagged domains so far."""

    first: datetime
    n: int = 0
    exclusive: int = 0
    suffixes: Counter[str] = field(default_factory=Counter)
    clusters: Clusters = field(default_factory=Clusters)

    def add(self, row: FlaggedRow) -> None:
        self.n += 1
        self.exclusive += len(row.clients) == 1
        self.first = min(self.first, row.first_seen)
        self.clusters.add(row)
        if row.suffix:
            self.suffixes[row.suffix] += 1


class ClientTally:
    """Counts over the batches added so far; grows with clients, not with domains.

    :param lists: what counts as not flagged.
    :param past: the windows before.
    :param network: how many clients the rows have.
    """

    def __init__(self, lists: DomainLists, past: Past, network: int) -> None:
        self._past = past
        self._network = network
        self.asked: Counter[str] = Counter()
        self.events = 0
        self.domains = 0
        self.domains_allowed = 0
        self.domains_without_client = 0
        self.answers_known = False
        self.counted: defaultdict[str, float] = defaultdict(float)
        self._new: defaultdict[str, float] = defaultdict(float)
        self._failed: defaultdict[str, float] = defaultdict(float)
        self._flagged_failed: defaultdict[str, float] = defaultdict(float)
        self._first_failed: dict[str, datetime] = {}
        self._lists = lists
        self._flagged: dict[str, _Flagged] = {}

    def add(self, batch: RowBatch) -> None:
        """Count one batch of rows."""
        self.domains += batch.domains
        self.events += batch.events
        self.domains_without_client += batch.domains_without_client
        self.asked.update(batch.asked())
        self._add_failed(batch)
        for row in batch.flagged():
            if self._lists.allows(row.reg_domain):
                self.domains_allowed += 1
                continue
            share = self._past.reputation.share(row.reg_domain, len(row.clients), self._network)
            new = not self._past.knows(row.reg_domain)
            for client in row.clients:
                if client not in self._flagged:
                    self._flagged[client] = _Flagged(first=row.first_seen)
                self._flagged[client].add(row)
                self.counted[client] += share
                if new:
                    self._new[client] += share
                if row.failed:
                    self._flagged_failed[client] += share

    def _add_failed(self, batch: RowBatch) -> None:
        self.answers_known |= batch.answers_known
        for clients, first in batch.failed():
            share = share_of(len(clients), self._network)
            for client in clients:
                self._failed[client] += share
                self._first_failed[client] = min(first, self._first_failed.get(client, first))

    def benches(self, rate: float) -> tuple[Bench, ...]:
        """Return the witnesses that the rows and the past allow, each with its null distribution.

        :param rate: of flagged names, as training measured it.
        """
        past = self._past
        expected = expected_of(past.nulls, rate)
        found = [Bench.fitted(Witness.FLAGGED, self.counted, self.asked, expected)]
        if self.answers_known:
            rare = Expected(expected.mean * FLAGGED_FAILING_SHARE, spread=2.0)
            found += [
                Bench.fitted(Witness.FLAGGED_FAILED, self._flagged_failed, self.asked, rare),
                Bench.fitted(Witness.FAILED, self._failed, self.asked, FAILING_EXPECTED),
            ]
        if past.asked:
            fewer = Expected(expected.mean * NEW_SHARE, spread=1.0)
            found.append(Bench.fitted(Witness.FLAGGED_NEW, self._new, self.asked, fewer))
            counted, asked = defaultdict(float, past.counted), Counter(past.asked)
            for client, count in self._new.items():
                counted[client] += count
            asked.update(self.asked)
            found.append(Bench.fitted(Witness.FLAGGED_BEFORE, counted, asked, fewer))
        return tuple(found)

    def untold(self, ranked: Iterable[ClientEvidence]) -> Iterator[ClientCount]:
        """Yield the counts of this window that later ones may add to theirs.

        Those of clients that stand out by this window alone are left out: people were told, and a client
        that was cleaned is not to stand out for another day.
        """
        told = {evidence.client for evidence in ranked if evidence.stands_out_alone}
        for client, asked in self.asked.items():
            if client not in told:
                yield ClientCount(client, asked, self._new.get(client, 0.0))

    def evidence(self, benches: Sequence[Bench]) -> list[ClientEvidence]:
        """Return every client with a flagged domain, and those that stand out without, strongest first."""
        found = [self._weigh(client, benches) for client in dict.fromkeys((*self._flagged, *self._failed))]
        kept = (each for each in found if each.client in self._flagged or each.stands_out)
        return sorted(kept, key=lambda evidence: evidence.rank)

    def _weigh(self, client: str, benches: Sequence[Bench]) -> ClientEvidence:
        statements = tuple(bench.speak(client) for bench in benches)
        tail, corrected = strongest(statements, len(self.asked))
        by_flags = [said for said in statements if said.witness is not Witness.FAILED]
        flagged = self._flagged.get(client) or _Flagged(self._first_failed[client])
        # by name on a tie, so that the same rows give the same report
        suffix, suffix_n = min(
            flagged.suffixes.items(), key=lambda item: (-item[1], item[0]), default=("", 0)
        )
        return ClientEvidence(
            client=client,
            asked=self.asked[client],
            flagged=flagged.n,
            counted=math.floor(self.counted.get(client, 0)),
            expected=statements[0].expected,
            exclusive=flagged.exclusive,
            suffix=suffix,
            suffix_n=suffix_n,
            clusters=flagged.clusters.largest(CLUSTERS_NAMED),
            first_flagged=flagged.first,
            witnesses=statements,
            log10_tail=tail,
            log10_corrected=corrected,
            verdict=verdict_of(
                max(flagged.n, *(said.counted for said in by_flags)),
                corrected,
                min(said.log10_tail for said in by_flags) + corrected - tail,
            ),
        )
