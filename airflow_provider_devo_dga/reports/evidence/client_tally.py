"""Count, for each client, the domains it asked for and what is known of the flagged ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from airflow_provider_devo_dga.reports.evidence.client_evidence import (
    ClientEvidence,
    log10_probabilities,
    verdict_of,
)
from airflow_provider_devo_dga.reports.evidence.cluster import Clusters
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow, RowBatch

CLUSTERS_NAMED = 3


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
    """

    def __init__(self, lists: DomainLists) -> None:
        self.asked: Counter[str] = Counter()
        self.events = 0
        self.domains = 0
        self.domains_allowed = 0
        self.domains_without_client = 0
        self._lists = lists
        self._flagged: dict[str, _Flagged] = {}

    def add(self, batch: RowBatch) -> None:
        """Count one batch of rows."""
        self.domains += batch.domains
        self.events += batch.events
        self.domains_without_client += batch.domains_without_client
        self.asked.update(batch.asked())
        for row in batch.flagged():
            if self._lists.allows(row.reg_domain):
                self.domains_allowed += 1
                continue
            for client in row.clients:
                if client not in self._flagged:
                    self._flagged[client] = _Flagged(first=row.first_seen)
                self._flagged[client].add(row)

    def flagged_of(self, client: str) -> int:
        """Return how many flagged domains the client asked for."""
        return self._flagged[client].n if client in self._flagged else 0

    def evidence(self, rate: float) -> list[ClientEvidence]:
        """Return every client with a flagged domain, strongest evidence first.

        :param rate: false-positive rate in (0, 1).
        """
        found = (self._weigh(client, flagged, rate) for client, flagged in self._flagged.items())
        return sorted(found, key=lambda evidence: evidence.rank)

    def _weigh(self, client: str, flagged: _Flagged, rate: float) -> ClientEvidence:
        asked = self.asked[client]
        tail, corrected = log10_probabilities(flagged.n, asked, rate, len(self.asked))
        # by name on a tie, so that the same rows give the same report
        suffix, suffix_n = min(
            flagged.suffixes.items(), key=lambda item: (-item[1], item[0]), default=("", 0)
        )
        return ClientEvidence(
            client=client,
            asked=asked,
            flagged=flagged.n,
            expected=asked * rate,
            exclusive=flagged.exclusive,
            suffix=suffix,
            suffix_n=suffix_n,
            clusters=flagged.clusters.largest(CLUSTERS_NAMED),
            first_flagged=flagged.first,
            log10_tail=tail,
            log10_corrected=corrected,
            verdict=verdict_of(flagged.n, corrected),
        )
