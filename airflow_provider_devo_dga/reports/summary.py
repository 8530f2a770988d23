"""Reduce scored rows to what a report says: totals, clients by evidence, flagged domains. No prose."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.reports.client_evidence import (
    ASSUMED_FALSE_POSITIVE_RATE,
    ClientEvidence,
    Verdict,
)
from airflow_provider_devo_dga.reports.client_tally import ClientTally
from airflow_provider_devo_dga.reports.detection import CLIENTS_NAMED, Detection
from airflow_provider_devo_dga.reports.scored_rows import BATCH_ROWS, FlaggedRow, ScoredRows

if TYPE_CHECKING:
    from airflow_provider_devo_dga.reports.context import ReportContext
    from airflow_provider_devo_dga.storage import ReadablePath

WIDELY_ASKED_SHARE = 0.1
WIDELY_ASKED_CLIENTS = 10


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Counts over the whole window.

    :param events_scored: events behind the scored domains.
    :param domains: distinct registrable domains scored.
    :param domains_flagged: those the model flagged, allow-listed ones left out.
    :param domains_allowed: flagged ones that the allow-list holds; they count as not flagged.
    :param domains_without_client: scored ones whose events name no client.
    :param domains_widely_asked: flagged ones that at least a tenth of the clients, and at least ten, asked
        for: either an outbreak or a popular legit name.
    :param domains_expected_false: domains × false-positive rate, what a clean network would show.
    :param clients: distinct clients.
    :param clients_flagged: clients with at least one flagged domain.
    :param clients_suspicious: clients with that verdict.
    :param clients_infected: clients that are almost certainly infected.
    """

    events_scored: int
    domains: int
    domains_flagged: int
    domains_allowed: int
    domains_without_client: int
    domains_widely_asked: int
    domains_expected_false: float
    clients: int
    clients_flagged: int
    clients_suspicious: int
    clients_infected: int

    @property
    def clients_with_evidence(self) -> int:
        """Clients whose verdict is more than chance."""
        return self.clients_suspicious + self.clients_infected


@dataclass(frozen=True, kw_only=True)
class ClientCell:
    """How many clients, of those that do not stand out, asked for about so many domains and flagged ones.

    Both are rounded down to two leading digits.
    """

    asked: int
    flagged: int
    clients: int


@dataclass(frozen=True, kw_only=True)
class ReportSummary:
    """Everything a report says, as numbers.

    :param context: the run.
    :param rate: the false-positive rate that the evidence rests on.
    :param rate_assumed: True when ``rate`` was not measured and is the stated default.
    :param totals: counts over the window.
    :param clients: every client that stands out, filled up to ``top`` with the next ones that have a
        flagged domain; strongest evidence first.
    :param detections: every flagged domain; those of the strongest client first, then by time.
    :param cells: all clients that do not stand out, those without a flagged domain too, counted.
    """

    context: ReportContext
    rate: float
    rate_assumed: bool
    totals: Totals
    clients: tuple[ClientEvidence, ...]
    detections: tuple[Detection, ...]
    cells: tuple[ClientCell, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values: numbers, text, ISO 8601 instants in UTC."""
        plain: dict[str, Any] = _plain(asdict(self))
        plain["totals"]["clients_with_evidence"] = self.totals.clients_with_evidence
        return plain


def summarise(
    rows_path: ReadablePath,
    context: ReportContext,
    *,
    allow: frozenset[str] = frozenset(),
    top: int = 50,
    batch_rows: int = BATCH_ROWS,
) -> ReportSummary:
    """Read the scored rows twice and weigh each client's flagged domains against chance.

    The first reading counts, the second names the flagged domains once the clients are ranked. Memory
    grows with clients and flagged domains, not with domains.

    :param rows_path: Parquet file, one row for each registrable domain of the window.
    :param context: the run; its ``threshold`` makes scores of ``malicious`` readable, its
        ``false_positive_rate`` (None or 0: one percent is assumed, and said) is what chance means.
    :param allow: registrable domains, lower case, that count as not flagged.
    :param top: fewest clients to list, as far as they have a flagged domain.
    :param batch_rows: rows held in memory at a time.
    :raises ReportError: when the rows lack a column, a value or a readable label, or name a flagged
        domain twice.
    :raises OSError: when the file cannot be read.
    """
    rows = ScoredRows(rows_path, context.threshold)
    rate = context.false_positive_rate or ASSUMED_FALSE_POSITIVE_RATE
    tally = ClientTally(allow)
    for batch in rows.batches(batch_rows):
        tally.add(batch)
    ranked = tally.evidence(rate)
    detections = _detections(
        (row for batch in rows.batches(batch_rows) for row in batch.flagged() if not tally.allows(row)),
        {evidence.client: (place, evidence.verdict) for place, evidence in enumerate(ranked)},
    )
    listed = max(top, sum(evidence.stands_out for evidence in ranked))
    return ReportSummary(
        context=context,
        rate=rate,
        rate_assumed=not context.false_positive_rate,
        totals=_totals(tally, rate, ranked, detections),
        clients=tuple(ranked[:listed]),
        detections=detections,
        cells=_cells(tally, {evidence.client for evidence in ranked if evidence.stands_out}),
    )


def _detections(
    rows: Iterable[FlaggedRow], places: Mapping[str, tuple[int, Verdict]]
) -> tuple[Detection, ...]:
    found: dict[str, tuple[int, Detection]] = {}
    for row in rows:
        if row.reg_domain in found:
            raise ReportError(f"The scored rows name {row.reg_domain[:80]!r} twice")
        named = nsmallest(CLIENTS_NAMED, row.clients, key=lambda client: places[client][0])
        place, verdict = places[named[0]] if named else (len(places), Verdict.CHANCE)
        found[row.reg_domain] = (
            place,
            Detection(
                reg_domain=row.reg_domain,
                first_seen=row.first_seen,
                last_seen=row.last_seen,
                events_n=row.events_n,
                clients_n=len(row.clients),
                clients=tuple(named),
                verdict=verdict,
                score=row.score,
            ),
        )
    ordered = sorted(found.values(), key=lambda item: (item[0], item[1].first_seen, item[1].reg_domain))
    return tuple(detection for _, detection in ordered)


def _totals(
    tally: ClientTally, rate: float, ranked: list[ClientEvidence], detections: tuple[Detection, ...]
) -> Totals:
    verdicts = Counter(evidence.verdict for evidence in ranked)
    clients = len(tally.asked)
    wide = max(WIDELY_ASKED_CLIENTS, clients * WIDELY_ASKED_SHARE)
    return Totals(
        events_scored=tally.events,
        domains=tally.domains,
        domains_flagged=len(detections),
        domains_allowed=tally.domains_allowed,
        domains_without_client=tally.domains_without_client,
        domains_widely_asked=sum(detection.clients_n >= wide for detection in detections),
        domains_expected_false=tally.domains * rate,
        clients=clients,
        clients_flagged=len(ranked),
        clients_suspicious=verdicts[Verdict.SUSPICIOUS],
        clients_infected=verdicts[Verdict.INFECTED],
    )


def _cells(tally: ClientTally, standing_out: set[str]) -> tuple[ClientCell, ...]:
    counts = Counter(
        (_two_digits(asked), _two_digits(tally.flagged_of(client)))
        for client, asked in tally.asked.items()
        if client not in standing_out
    )
    return tuple(
        ClientCell(asked=asked, flagged=flagged, clients=clients)
        for (asked, flagged), clients in sorted(counts.items())
    )


def _two_digits(count: int) -> int:
    """1234 gives 1200: a chart shows no more, and cells stay few however many clients there are."""
    unit = 10 ** max(0, math.floor(math.log10(count)) - 1) if count else 1
    return count // unit * unit


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Verdict():
            return str(value)
        case _:
            return value
