"""The LINQ that shows people the events behind a finding: what one client asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import quoting
from airflow_provider_devo_dga.features.linq import HostSource, without_root

ASKED_ALIAS = "dga_name"


def client_events_query(
    source: HostSource, client: str, domains: Sequence[str], *, start: datetime, end: datetime
) -> str | None:
    """Return the LINQ of a client's events in a window whose host is one of some domains, or below one.

    That ``timestamp`` takes milliseconds since the epoch is assumed: Devo's own range of time is to be set
    as well.

    :param domains: those that cannot be written in LINQ are left out; without any, all events are meant.
    :param start: aware; ``end`` likewise, excluded.
    :return: one row an event: ``eventdate``, the source's columns, :data:`ASKED_ALIAS`, the host in lower
        case; None when the client's name cannot be written in LINQ.
    """
    try:
        asks = f"where str({source.client_field}) = {quoting.string(client)}"
    except FeatureError:
        return None
    columns = dict.fromkeys(
        column for column in (source.client_field, source.field, source.code_field) if column is not None
    )
    names = [text for domain in domains if (text := _at_or_below(domain))]
    return "\n".join(
        (
            f"from {source.table}",
            f"where eventdate >= timestamp({_ms(start)}), eventdate < timestamp({_ms(end)})",
            asks,
            f"select {without_root(f'lower({source.host})')} as {ASKED_ALIAS}",
            *((f"where {' or '.join(names)}",) if names else ()),
            f"select eventdate, {', '.join(columns)}, {ASKED_ALIAS}",
        )
    )


def _at_or_below(domain: str) -> str:
    try:
        return (
            f"{ASKED_ALIAS} = {quoting.string(domain)}"
            f" or endswith({ASKED_ALIAS}, {quoting.string(f'.{domain}')})"
        )
    except FeatureError:
        return ""


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)
