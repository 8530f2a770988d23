"""Reduce scored rows to what a report says: totals, clients by evidence, flagged domains. No prose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from airflow_provider_devo_dga.reports.evidence.alternative_use import AlternativeUse, alternative_uses
from airflow_provider_devo_dga.reports.evidence.client_cell import ClientCell, client_cells
from airflow_provider_devo_dga.reports.evidence.client_evidence import (
    ASSUMED_FALSE_POSITIVE_RATE,
    ClientEvidence,
    Verdict,
)
from airflow_provider_devo_dga.reports.evidence.client_history import Histories, Known, standing
from airflow_provider_devo_dga.reports.evidence.client_names import ClientName, ClientNames
from airflow_provider_devo_dga.reports.evidence.client_tally import ClientTally
from airflow_provider_devo_dga.reports.evidence.context import ReportContext
from airflow_provider_devo_dga.reports.evidence.detection import Detection
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
from airflow_provider_devo_dga.reports.evidence.figures import KeyTotals, ReportFigures
from airflow_provider_devo_dga.reports.evidence.found import DetectionRows, Findings
from airflow_provider_devo_dga.reports.evidence.null_rate import PAST_NEEDED, NullRate
from airflow_provider_devo_dga.reports.evidence.past import ClientCount, Past
from airflow_provider_devo_dga.reports.evidence.scored_rows import BATCH_ROWS, FlaggedRow, ScoredRows
from airflow_provider_devo_dga.reports.evidence.witness import widely_asked_from
from airflow_provider_devo_dga.storage import StoragePath

CLIENTS_KEPT = 10_000
"""Clients that stand out and are listed; when there are more, the rate is wrong or the network lost."""

JSON_DETECTIONS = 1_000
"""Detections in the JSON file, which stays small; the CSV, NDJSON and Parquet files hold all."""


@dataclass(frozen=True, kw_only=True)
class Totals(KeyTotals):
    """Counts over the whole window, beside those of :class:`KeyTotals`.

    :param events_scored: events behind the scored domains.
    :param domains_allowed: flagged ones that the allow-list holds; they count as not flagged.
    :param domains_without_client: scored ones whose events name no client.
    :param domains_widely_asked: flagged ones that at least a tenth of the clients, and at least ten, asked
        for: either an outbreak or a popular legit name.
    :param domains_watched: domains of the watch-list that were seen, flagged or not.
    :param allow_list: entries on it; ``watch_list`` likewise.
    :param clients_flagged: clients with at least one flagged domain.
    :param clients_with_evidence: clients whose verdict is more than chance, and that are to raise an alarm.
    :param clients_no_alarm: others with such evidence, which people have listed as ones to expect it of.
    """

    events_scored: int
    domains_allowed: int
    domains_without_client: int
    domains_widely_asked: int
    domains_watched: int
    allow_list: int
    watch_list: int
    clients_flagged: int
    clients_with_evidence: int
    clients_no_alarm: int = 0


@dataclass(frozen=True, kw_only=True)
class FlaggedBar:
    """Flagged domains first seen in one part of the window, of ``found.BARS`` equal ones.

    :param stands_out: whether a client that stands out asked for them.
    """

    part: int
    stands_out: bool
    domains: int


@dataclass(frozen=True, kw_only=True)
class ReportDocument(ReportFigures):
    """What ``report.json`` says.

    :param rate: the false-positive rate that training measured, from which the network's own is found.
    :param rate_assumed: True when ``rate`` was not measured and is the stated default.
    :param null: the rate of clean clients of this network, which the evidence rests on.
    :param null_windows: earlier windows that it was expected from; 0 when from ``rate``.
    :param witnesses: how many witnesses spoke of each client.
    :param clients: every client that stands out, filled up to ``top`` with the next ones that have a
        flagged domain; strongest evidence first.
    :param detections: flagged domains, those of the strongest client first, then by time; all of them up to
        ``found.KEPT``, see :meth:`all_detections`.
    :param watched: domains of the watch-list that were seen, by time.
    :param cells: all clients that do not stand out, those without a flagged domain too, counted.
    :param bars: flagged domains over time.
    :param detections_left_out: flagged domains beyond ``detections``.
    :param alternative: clients that asked for names on alternative roots, most names first.
    """

    context: ReportContext
    rate: float
    rate_assumed: bool
    null: NullRate
    null_windows: int
    witnesses: int
    totals: Totals
    clients: tuple[ClientEvidence, ...]
    detections: tuple[Detection, ...]
    watched: tuple[Detection, ...]
    cells: tuple[ClientCell, ...]
    bars: tuple[FlaggedBar, ...]
    detections_left_out: int
    alternative: tuple[AlternativeUse, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReportSummary(ReportDocument):
    """Everything a report says, as numbers.

    :param rows: where all detections can be read again.
    :param clients_untold: counts of clients, for the windows after.
    :param alternative_names: the names on alternative roots.
    :param client_names: the strongest flagged names of each client that stands out, as far as they are kept.
    :param wide_names: flagged names that many clients asked for, those of most clients first.
    :param reasons_untold: why no reasons are told; ``""`` when they are, or nobody was to tell.
    """

    rows: DetectionRows = field(compare=False, repr=False)
    clients_untold: tuple[ClientCount, ...] = field(compare=False, repr=False)
    alternative_names: tuple[Detection, ...] = ()
    client_names: Mapping[str, tuple[ClientName, ...]] = field(default_factory=dict)
    wide_names: tuple[Detection, ...] = ()
    reasons_untold: str = ""

    def all_detections(self) -> Iterator[Detection]:
        """Yield each watched domain that was seen and each flagged one, once.

        Watched ones come first, then names on alternative roots, then ``detections``; what is beyond them is
        read from the rows.
        """
        yield from self.watched
        yield from self.alternative_names
        yield from (detection for detection in self.detections if not detection.watched)
        shown = {detection.reg_domain for detection in (*self.watched, *self.detections)}
        if self.totals.domains_watched > len(self.watched):
            yield from (found for _, found in self.rows.watched() if found.reg_domain not in shown)
        if self.totals.domains_flagged > len(self.detections):
            rest = (found for _, found in self.rows.flagged() if not found.watched)
            yield from (found for found in rest if found.reg_domain not in shown)

    def document(self) -> ReportDocument:
        """Return what is stored: of ``detections`` the first :data:`JSON_DETECTIONS`."""
        plain: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(ReportDocument)}
        kept = self.detections[:JSON_DETECTIONS]
        left_out = self.totals.domains_flagged - len(kept)
        return ReportDocument(**plain | {"detections": kept, "detections_left_out": left_out})


def summarise(
    rows_path: StoragePath,
    context: ReportContext,
    *,
    past: Past | None = None,
    lists: DomainLists | None = None,
    alternative: Sequence[FlaggedRow] = (),
    top: int = 50,
    batch_rows: int = BATCH_ROWS,
) -> ReportSummary:
    """Read the scored rows and weigh each client's flagged domains against chance.

    The first reading counts the clients, the second what they asked for, the third names the flagged domains
    once the clients are ranked; a watch-list takes a fourth. Memory grows with clients, not with domains.

    :param rows_path: Parquet file, one row for each registrable domain of the window.
    :param context: the run; its ``threshold`` makes scores of ``malicious`` readable, its
        ``false_positive_rate`` (None or 0: one percent is assumed, and said) is where the search for the
        network's own rate begins.
    :param past: what earlier windows of this network left.
    :param lists: what people know better than the model.
    :param alternative: names on alternative roots, one row each.
    :param top: fewest clients to list, as far as they have a flagged domain.
    :param batch_rows: rows held in memory at a time.
    :raises ReportError: when the rows lack a column, a value or a readable label, or name a flagged
        domain twice.
    :raises OSError: when the file cannot be read.
    """
    rows, lists = ScoredRows(rows_path, context.threshold), lists or DomainLists()
    rate = context.false_positive_rate or ASSUMED_FALSE_POSITIVE_RATE
    past = past or Past()
    tally = ClientTally(lists, past, rows.clients())
    for batch in rows.batches(batch_rows):
        tally.add(batch)
    benches = tally.benches(rate)
    ranked = _without_alarm(tally.evidence(benches), lists)
    named = DetectionRows(
        rows,
        lists,
        {evidence.client: (place, evidence.verdict) for place, evidence in enumerate(ranked)},
        batch_rows,
    )
    uses = alternative_uses(alternative, lists)
    histories = Histories(context.window_start, standing(ranked, uses.clients), past.reports)
    loud = [evidence.client for evidence in ranked if evidence.stands_out]
    names, stand_out = ClientNames(loud), set(loud)
    found = named.find(context, widely_asked_from(len(tally.asked)), names, past if past.asked else None)
    further = sum(use.alarm and use.client not in stand_out for use in uses.clients)
    shown = sum(evidence.verdict is not Verdict.CHANCE for evidence in ranked)
    return ReportSummary(
        context=context,
        rate=rate,
        rate_assumed=not context.false_positive_rate,
        null=benches[0].null,
        null_windows=len(past.nulls) if len(past.nulls) >= PAST_NEEDED else 0,
        witnesses=len(benches),
        totals=_totals(tally, max(rate, benches[0].null.mean), ranked, found, lists, further),
        clients=_known(ranked[: max(top, min(shown, CLIENTS_KEPT))], histories),
        detections=found.strongest,
        watched=found.watched,
        cells=client_cells(tally, stand_out),
        bars=tuple(
            FlaggedBar(part=part, stands_out=alarm, domains=domains)
            for (part, alarm), domains in sorted(found.bars.items())
        ),
        detections_left_out=found.flagged - len(found.strongest),
        alternative=_known(uses.clients[:CLIENTS_KEPT], histories),
        last_told=histories.last_told,
        alternative_names=uses.names,
        rows=named,
        clients_untold=tuple(tally.untold(ranked)),
        client_names=names.strongest(),
        wide_names=names.wide(),
    )


def _known(clients: Sequence[Known], histories: Histories) -> tuple[Known, ...]:
    return tuple(replace(client, history=histories.get(client.client)) for client in clients)


def _without_alarm(ranked: list[ClientEvidence], lists: DomainLists) -> list[ClientEvidence]:
    """Say of listed clients that they raise no alarm, and put them behind those that do."""
    found = [
        replace(evidence, verdict=Verdict.NO_ALARM)
        if evidence.stands_out and evidence.client in lists.no_alarm
        else evidence
        for evidence in ranked
    ]
    order = {Verdict.NO_ALARM: 1, Verdict.CHANCE: 2}
    return sorted(found, key=lambda evidence: order.get(evidence.verdict, 0))


def _totals(
    tally: ClientTally,
    rate: float,
    ranked: list[ClientEvidence],
    found: Findings,
    lists: DomainLists,
    alternative: int,
) -> Totals:
    verdicts = Counter(evidence.verdict for evidence in ranked)
    return Totals(
        events_scored=tally.events,
        domains=tally.domains,
        domains_flagged=found.flagged,
        domains_allowed=tally.domains_allowed,
        domains_without_client=tally.domains_without_client,
        domains_widely_asked=found.wide,
        domains_expected_false=tally.domains * rate,
        domains_watched=found.watched_seen,
        allow_list=len(lists.allow),
        watch_list=len(lists.watch),
        clients=len(tally.asked),
        clients_flagged=len(ranked),
        clients_with_evidence=verdicts[Verdict.SUSPICIOUS] + verdicts[Verdict.INFECTED],
        clients_no_alarm=verdicts[Verdict.NO_ALARM],
        clients_alternative=alternative,
        clients_suspicious=verdicts[Verdict.SUSPICIOUS],
        clients_infected=verdicts[Verdict.INFECTED],
    )
