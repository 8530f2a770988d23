"""Every operation that makes one value of many rows, against values worked out in Python."""

from __future__ import annotations

import math
from typing import Any

import pytest

AGGREGATED: list[tuple[str, Any]] = [
    ("count()", 5),
    ("count(v)", 4),
    ("sum(n)", 10),
    ("sum(v)", 16.0),
    ("avg(v)", 16 / 5),
    ("nnavg(v)", 4.0),
    ("min(v)", 1.0),
    ("max(n)", 4),
    ("min(s)", "s0"),
    ("max(eventdate)", 1767225600004),
    ("median(v)", 4.0),
    ("stddev(v)", math.sqrt(4.5)),
    ("percentile(n, 25)", 1.0),
    ("first(v)", 1.0),
    ("first(s)", "s0"),
    ("last(s)", None),
    ("nnfirst(s)", "s0"),
    ("nnlast(s)", "s1"),
    ("hllppcount(s)", 2.0),
    ("sizedistinct(s)", 2),
    ("collectdistinct(s)", ["s0", "s1"]),
    ("collectcompact(s)", ["s0", "s1", "s0", "s1"]),
    ("collectdistinct(str(ip))", ["10.0.0.1"]),
    ("size(collectdistinct(n))", 5),
    ("float(sum(n)) / float(count())", 2.0),
]
NUMBERS = [1.0, None, 4.0, 4.0, 7.0]


@pytest.fixture(scope="module")
def numbers(api: Any) -> str:
    columns = [("eventdate", "timestamp"), ("v", "float8"), ("n", "int4"), ("s", "str"), ("ip", "ip4")]
    body = {"columns": [{"name": name, "type": kind} for name, kind in columns]}
    assert api.post("/_sandbox/tables/numbers", body).status_code == 201
    # Out of order on purpose: the last to arrive is the first by eventdate.
    order = [3, 1, 4, 2, 0]
    events = [
        {
            "eventdate": 1767225600000 + at,
            "v": NUMBERS[at],
            "n": at,
            "s": None if at == 4 else f"s{at % 2}",
            "ip": "10.0.0.1",
        }
        for at in order
    ]
    assert api.load("numbers", events).json() == {"inserted": 5}
    return "numbers"


@pytest.mark.parametrize(("expression", "wanted"), AGGREGATED)
def test_aggregate(api: Any, numbers: str, expression: str, wanted: Any) -> None:
    (row,) = api.rows(f"from {numbers} group select {expression} as x")
    assert row["x"] == pytest.approx(wanted) if isinstance(wanted, float) else row["x"] == wanted


def test_aggregates_of_no_rows(api: Any, numbers: str) -> None:
    text = f"from {numbers} where n > 99 group select count() as c, sum(v) as total, collectdistinct(s) as d"
    assert api.rows(text) == [{"c": 0, "total": None, "d": []}]
