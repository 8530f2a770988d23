"""Hosts on the watch-list: the scored rows know their domains alone, so Devo is asked for those seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainList
from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow
from airflow_provider_devo_dga.storage import StoragePath

ASKED_AT_ONCE = 300
"""Hosts in one query, which has then some 20 kB."""


def hosts_to_ask(rows: StoragePath, watch: DomainList) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the hosts, and the names that stand for all below them, whose domain is among the scored rows.

    :return: at most :data:`ASKED_AT_ONCE` in all at a time.
    """
    wanted = sorted(watch.hosts | watch.below)
    if not wanted:
        return
    domains = {name: parts.registrable for name in wanted if (parts := split_host(name))}
    seen = _seen(rows, set(domains.values()))
    names = (name for name in wanted if domains.get(name) in seen)
    while part := list(islice(names, ASKED_AT_ONCE)):
        yield [name for name in part if name in watch.hosts], [name for name in part if name in watch.below]


def _seen(rows: StoragePath, domains: set[str]) -> set[str]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted, seen = pa.array(sorted(domains), pa.string()), set()
    with rows.open("rb") as opened:
        for batch in pq.ParquetFile(opened, pre_buffer=False).iter_batches(columns=["reg_domain"]):
            names = batch["reg_domain"]
            seen.update(names.filter(pc.is_in(names, value_set=wanted)).to_pylist())
    return seen


def host_row(row: Mapping[str, Any]) -> FlaggedRow:
    """Return a row of the answer as a row that is watched."""
    first, last = (datetime.fromtimestamp(row[name] / 1000, UTC) for name in ("first_seen", "last_seen"))
    label, _, suffix = row["reg_domain"].partition(".")
    return FlaggedRow(
        reg_domain=row["reg_domain"],
        label=label,
        suffix=suffix,
        events_n=row["events_n"],
        first_seen=first,
        last_seen=last,
        clients=tuple(dict.fromkeys(client for client in row["client_ips"] or () if client)),
        score=None,
    )
