"""Name the flagged and the watched domains: the strongest in order, all of them as a stream."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest

from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict
from airflow_provider_devo_dga.reports.evidence.client_names import ClientName, ClientNames
from airflow_provider_devo_dga.reports.evidence.context import ReportContext
from airflow_provider_devo_dga.reports.evidence.detection import CLIENTS_NAMED, Detection
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
from airflow_provider_devo_dga.reports.evidence.label_form import label_form
from airflow_provider_devo_dga.reports.evidence.past import Past
from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow, ScoredRows

KEPT = 10_000
"""Detections that are held in memory and in order. Further ones follow in the order of the rows."""

WATCHED_KEPT = 1_000

BARS = 60
"""Parts of the window by which flagged domains are counted."""

Key = tuple[int, datetime, str]


@dataclass(kw_only=True)
class Findings:
    """What the second reading gave.

    :param strongest: up to :data:`KEPT` flagged domains, those of the strongest client first, then by time.
    :param watched: up to :data:`WATCHED_KEPT` watched domains that were seen, by first event.
    :param flagged: flagged domains in all.
    :param watched_seen: watched domains that were seen, in all.
    :param wide: flagged ones that at least ``wide_from`` clients asked for.
    :param bars: flagged domains by (part of the window, whether a client of theirs stands out).
    """

    strongest: tuple[Detection, ...] = ()
    watched: tuple[Detection, ...] = ()
    flagged: int = 0
    watched_seen: int = 0
    wide: int = 0
    bars: Counter[tuple[int, bool]] = field(default_factory=Counter)


class DetectionRows:
    """All detections of a file, read from it as often as they are asked for.

    :param places: of each client with a flagged domain, its rank and verdict.
    """

    def __init__(
        self,
        rows: ScoredRows,
        lists: DomainLists,
        places: Mapping[str, tuple[int, Verdict]],
        batch_rows: int,
    ) -> None:
        self._rows = rows
        self._lists = lists
        self._places = places
        self._batch_rows = batch_rows

    def flagged(self) -> Iterator[tuple[Key, Detection]]:
        """Yield the flagged domains with their sort key, in the file's order."""
        return (self._keyed(row, True) for row in self._flagged_rows())

    def watched(self) -> Iterator[tuple[Key, Detection]]:
        """Yield the watched domains, flagged or not, in the file's order, and the watched hosts."""
        if not self._lists.watch:
            return
        for batch in self._rows.batches(self._batch_rows):
            for row, flag in batch.watched(self._lists.watch.mask):
                yield self._keyed(row, flag, watched=True)
        for row in self._lists.hosts_seen:
            yield self._keyed(row, False, watched=True)

    def find(
        self, context: ReportContext, wide_from: float, by_client: ClientNames, past: Past | None
    ) -> Findings:
        """Read, count, and keep the strongest.

        :param by_client: is given each flagged name, with all that asked for it.
        :param past: None when there were no windows before.
        :raises ReportError: when the rows name a flagged domain twice.
        """
        found = Findings()
        names = array("q")
        kept: list[tuple[Key, Detection]] = []
        width = context.span / BARS
        for row in self._flagged_rows():
            key, detection = self._keyed(row, True)
            by_client.add(
                row.clients, ClientName(detection, None if past is None else not past.knows(row.reg_domain))
            )
            found.flagged += 1
            names.append(hash(detection.reg_domain))
            found.wide += detection.clients_n >= wide_from
            if context.window_start <= detection.first_seen < context.window_end:
                part = int((detection.first_seen - context.window_start) / width)
                found.bars[part, detection.verdict.is_alarm] += 1
            kept.append((key, detection))
            if len(kept) >= 2 * KEPT:
                kept = nsmallest(KEPT, kept, key=lambda item: item[0])
        self._refuse_twice(names)
        found.strongest = tuple(item[1] for item in nsmallest(KEPT, kept, key=lambda item: item[0]))
        seen: list[Detection] = []
        for _, detection in self.watched():
            found.watched_seen += 1
            if len(seen) < WATCHED_KEPT:
                seen.append(detection)
        found.watched = tuple(sorted(seen, key=lambda watched: (watched.first_seen, watched.reg_domain)))
        return found

    def _flagged_rows(self) -> Iterator[FlaggedRow]:
        for batch in self._rows.batches(self._batch_rows):
            yield from (row for row in batch.flagged() if not self._lists.allows(row.reg_domain))

    def _keyed(self, row: FlaggedRow, flagged: bool, *, watched: bool = False) -> tuple[Key, Detection]:
        last = (len(self._places), Verdict.CHANCE)
        named = nsmallest(CLIENTS_NAMED, row.clients, key=lambda client: self._places.get(client, last)[0])
        place, verdict = self._places.get(named[0], last) if named else last
        detection = Detection(
            reg_domain=row.reg_domain,
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            events_n=row.events_n,
            clients_n=len(row.clients),
            clients=tuple(named),
            verdict=verdict,
            score=row.score,
            form=str(label_form(row.label)),
            flagged=flagged,
            watched=watched or row.reg_domain in self._lists.watch,
            no_answer=row.failed,
            # Who is listed to raise no alarm counts, too: a sandbox that runs malware makes no name usual.
            clients_standing_out_n=sum(
                self._places.get(client, last)[1] is not Verdict.CHANCE for client in row.clients
            ),
        )
        return (place, row.first_seen, row.reg_domain), detection

    def _refuse_twice(self, names: array[int]) -> None:
        """Look for equal hashes first: a set of a million names would be most of the memory."""
        import pyarrow as pa
        import pyarrow.compute as pc

        counts = pc.value_counts(pa.Array.from_buffers(pa.int64(), len(names), [None, pa.py_buffer(names)]))
        twice = set(counts.field(0).filter(pc.greater(counts.field(1), 1)).to_pylist())
        if not twice:
            return
        named = (detection.reg_domain for _, detection in self.flagged())
        seen = Counter(name for name in named if hash(name) in twice)
        for name, times in seen.items():
            if times > 1:
                raise ReportError(f"The scored rows name {name[:80]!r} twice")
