"""Whether a table's response codes are what a report takes them for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airflow_provider_devo_dga.errors import DevoResultError
from airflow_provider_devo_dga.features.linq import HostSource

CODES_MOST = 200
"""Distinct values from which a column is none of codes; DNS and HTTP have fewer than a hundred each."""

EVENTS_ENOUGH = 1_000
"""Events with a code below which nothing follows from none of them having failed."""

NEARLY_ALL = 0.9
_SHOWN = 5


def sample_query(source: HostSource) -> str:
    """Return the LINQ that gives the column as it is, nulls left out."""
    return f"from {source.table}\nwhere isnotnull({source.code_field})\nselect {source.code_field} as code"


def codes_query(source: HostSource) -> str:
    """Return the LINQ that counts events by code, as reports compare it.

    :return: one row a code: ``code``, null where an event has none, and ``events_n``.
    """
    return "\n".join(
        (
            f"from {source.table}",
            f"select lower(str({source.code_field})) as code",
            "group by code",
            "select count() as events_n",
        )
    )


def check_codes(source: HostSource, sample: Any, rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many events have a code, how many of them failed, and how many have none.

    :param source: with a ``code_field``.
    :param sample: a value of the column, None when it has none.
    :param rows: at least ``CODES_MOST + 1`` of what :func:`codes_query` gives, where there are so many.
    :raises DevoResultError: the column holds neither text nor whole numbers, too many distinct values for
        codes, nothing at all, or the failed codes are none or nearly all of them.
    """
    if isinstance(sample, float):
        raise DevoResultError(
            f"{source.code_field} holds numbers with a fraction ({sample!r}); codes are text or whole numbers"
        )
    counts = {row["code"]: int(row["events_n"]) for row in rows}
    without = counts.pop(None, 0) + counts.pop("", 0)
    if len(counts) > CODES_MOST:
        raise DevoResultError(
            f"{source.code_field} holds more than {CODES_MOST} distinct values; response codes are fewer"
        )
    events = sum(counts.values())
    if without and not events:
        raise DevoResultError(f"{source.code_field} is empty in all {without} events")
    codes = list(dict.fromkeys(str(code).lower() for code in source.failed_codes))
    failed = sum(counts.get(code, 0) for code in codes)
    often = sorted(counts, key=lambda code: (-counts[code], code))[:_SHOWN]
    shown = ", ".join(f"{code[:40]!r} {counts[code]}" for code in often)
    if events >= EVENTS_ENOUGH and not failed:
        raise DevoResultError(
            f"None of {events} events has one of the failed codes {', '.join(codes)}; most frequent in"
            f" {source.code_field}: {shown}. Put those that mean that a name got no answer into failed_codes"
        )
    if events >= EVENTS_ENOUGH and failed >= NEARLY_ALL * events:
        raise DevoResultError(
            f"{failed} of {events} events have one of the failed codes {', '.join(codes)}, nearly all; most"
            f" frequent in {source.code_field}: {shown}. Are these the codes that mean no answer?"
        )
    return {"events": events, "failed": failed, "without a code": without}
