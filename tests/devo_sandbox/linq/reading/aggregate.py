"""A plain reading of the aggregations: from the values of a group, by order of eventdate, to one."""

# ruff: noqa: PLW0108 - the parameters of a reading name its columns

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

READINGS: list[tuple[str, str, str, Callable[[list[Any]], Any]]] = []


def known(values: list[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def over(of: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    """Return null where no value is known."""
    return lambda values: of(known(values)) if known(values) else None


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def distinct(values: list[Any]) -> list[Any]:
    return sorted(set(known(values)), key=lambda value: value.encode() if isinstance(value, str) else value)


READINGS += [
    ("count", "count()", "eventdate", lambda eventdate: len(eventdate)),
    ("count", "count(s)", "s", lambda s: len(known(s))),
    ("sum", "sum(w)", "w", over(sum)),
    ("sum", "sum(q)", "q", over(math.fsum)),
    ("avg", "avg(q)", "q", lambda q: math.fsum(known(q)) / len(q) if known(q) else None),
    ("nnavg", "nnavg(q)", "q", over(statistics.fmean)),
    ("min", "min(w)", "w", over(min)),
    ("min", "min(s)", "s", over(lambda values: min(values, key=str.encode))),
    ("max", "max(q)", "q", over(max)),
    ("max", "max(b)", "b", over(max)),
    ("median", "median(q)", "q", over(statistics.median)),
    ("stddev", "stddev(q)", "q", over(statistics.pstdev)),
    ("percentile", "percentile(w, 90)", "w", over(lambda w: percentile(w, 0.9))),
    ("percentile", "percentile(q, 12.5)", "q", over(lambda q: percentile(q, 0.125))),
    ("first", "first(s)", "s", lambda s: s[0]),
    ("last", "last(w)", "w", lambda w: w[-1]),
    ("nnfirst", "nnfirst(s)", "s", over(lambda s: s[0])),
    ("nnlast", "nnlast(w)", "w", over(lambda w: w[-1])),
    ("sizedistinct", "sizedistinct(s)", "s", lambda s: len(set(known(s)))),
    ("collectdistinct", "collectdistinct(s)", "s", lambda s: distinct(s)),
    ("collectdistinct", "collectdistinct(w)", "w", lambda w: distinct(w)),
    ("collectcompact", "collectcompact(s)", "s", lambda s: known(s)),
    # Approximate: the test allows it a tenth.
    ("hllppcount", "hllppcount(w)", "w", lambda w: float(len(set(known(w))))),
]
