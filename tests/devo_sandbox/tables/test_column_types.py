"""Columns of the types that are kept as texts, and of whole numbers beyond 64 bits."""

from __future__ import annotations

from typing import Any

import pytest

KINDS = {"net": "net4", "six": "ip6", "mac": "mac", "doc": "json", "big": "bigint", "ip": "ip4"}
EVENTS = [
    {
        "eventdate": 1767225600000,
        "net": "10.1.0.0/16",
        "six": "2001:DB8:0::1",
        "mac": "00-1A-2B-3C-4D-5E",
        "doc": '{"a": [1, null]}',
        "big": 2**100,
        "ip": "10.1.2.3",
    },
    {"eventdate": 1767225600001},
]


@pytest.fixture(scope="module")
def kinds(api: Any) -> str:
    columns = [{"name": name, "type": kind} for name, kind in {"eventdate": "timestamp", **KINDS}.items()]
    assert api.post("/_sandbox/tables/kinds", {"columns": columns}).status_code == 201
    assert api.load("kinds", EVENTS).json() == {"inserted": 2}
    return "from kinds"


def test_they_come_back_in_one_spelling(api: Any, kinds: str) -> None:
    first, second = api.rows(f"{kinds} select net, six, mac, doc, big")
    assert first == {
        "net": "10.1.0.0/16",
        "six": "2001:db8::1",
        "mac": "00:1a:2b:3c:4d:5e",
        "doc": '{"a":[1,null]}',
        "big": 2**100,
    }
    assert set(second.values()) == {None}


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("ip <- net", 1),
        ("ip in net", 1),
        ("`in`(ip, net)", 1),
        ("10.2.0.0 <- net", 0),
        ("ip <- 10.0.0.0/8", 1),
        ("ip <- 0.0.0.0/0", 1),
        ("ip not in 10.1.2.3/32", 0),
        ("net = 10.1.0.0/16", 1),
        ('net = "10.1.77.0/16"', 1),
        ('six = "2001:db8:0:0::1"', 1),
        ('six /= "::1"', 1),
        ('six = "nonsense"', 0),
        ('mac = "001A.2B3C.4D5E"', 1),
        ("""doc = '{"a":[1,null]}'""", 1),
        ('big = "1267650600228229401496703205376"', 1),
        ("big > 5", 1),
        ("isnull(net)", 1),
        ('mac in {"00:1a:2b:3c:4d:5e"}', 1),
    ],
)
def test_they_compare(api: Any, kinds: str, condition: str, count: int) -> None:
    assert len(api.rows(f"{kinds} where {condition}")) == count


@pytest.mark.parametrize(
    "condition", ["six < six", "net >= 10.0.0.0/8", 'mac < "x"', "doc > doc", 'six -> "d"']
)
def test_they_have_no_order(api: Any, kinds: str, condition: str) -> None:
    assert api.query(f"{kinds} where {condition}").json()["object"][2] == "1101002"


def test_they_make_groups(api: Any, kinds: str) -> None:
    rows = api.rows(f"{kinds} where isnotnull(net) group by net, six, mac select count() as n, max(big) as m")
    assert rows == [
        {"net": "10.1.0.0/16", "six": "2001:db8::1", "mac": "00:1a:2b:3c:4d:5e", "n": 1, "m": 2**100}
    ]


@pytest.mark.parametrize(
    "bad", [{"net": "10.0.0.0/33"}, {"six": "10.0.0.1"}, {"mac": "00:1a"}, {"doc": "{"}, {"big": 1.5}]
)
def test_what_is_no_value_is_refused(api: Any, kinds: str, bad: dict[str, Any]) -> None:
    assert api.load("kinds", [{"eventdate": 1, **bad}]).status_code == 400
