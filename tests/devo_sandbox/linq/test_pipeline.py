"""How clauses work on one another, and what a query's columns are."""

from __future__ import annotations

from typing import Any

import pytest

TABLE = "from demo.ecommerce.data"
MAIN = """
from demo.ecommerce.data
where isnotnull(referralUri), not isempty(referralUri)
select rootsuffix(urihost(referralUri)) as reg_domain, rootdomain(urihost(referralUri)) as sld
where isnotnull(reg_domain), isnotnull(sld), not isempty(sld)
group by reg_domain, sld
select count() as events_n, min(eventdate) as first_seen, max(eventdate) as last_seen,
       collectdistinct(str(clientIpAddress)) as client_ips
select float(length(sld)) as f_length, shannonentropy(sld) as f_entropy,
       float(countbyfilter(sld, "aeiou")) / float(length(sld)) as f_vowel,
       float(length(subsall(sld, re("[bcdfghjklmnpqrstvwxz]{3}"), template("")))) as f_rest,
       (f_length - f_rest) / 3.0 as f_ccc,
       ifthenelse(topleveldomain(reg_domain) = "com", 1.0, 0.0) as f_com
where f_length > 0.0 // a comment, with a comma
"""


def columns(api: Any, text: str) -> list[tuple[str, str]]:
    document = api.query(text, mode={"type": "json/compact"}).json()
    return [(column["name"], column["type"]) for column in document["object"]["metadata"]]


def test_all_columns_eventdate_first(api: Any) -> None:
    found = columns(api, TABLE)
    assert found[0] == ("eventdate", "timestamp")
    assert len(found) == 12
    assert columns(api, f"{TABLE} select *") == found
    assert dict(found)["clientIpAddress"] == "ip4"


def test_the_main_query(api: Any) -> None:
    rows = api.rows(MAIN)
    assert [row["reg_domain"] for row in rows] == [
        "1002n0q11m17h017r1shexghfqf.net",
        "bing.com",
        "example.co.uk",
    ]
    bing = rows[1]
    assert list(bing)[:6] == ["reg_domain", "sld", "events_n", "first_seen", "last_seen", "client_ips"]
    assert (bing["sld"], bing["events_n"], bing["client_ips"]) == ("bing", 1, ["203.0.113.7"])
    assert (bing["f_length"], bing["f_vowel"], bing["f_ccc"], bing["f_com"]) == (4.0, 0.25, 0.0, 1.0)
    assert rows[0]["f_ccc"] == 2.0  # xgh and fqf


def test_selects_accumulate_and_an_alias_serves_its_own_clause(api: Any) -> None:
    text = f"{TABLE} select statusCode * 2 as a, a + 1 as b, b + a as c select method, c limit 1"
    assert api.rows(text) == [{"a": 400, "b": 401, "c": 801, "method": "GET"}]
    assert columns(api, text) == [("a", "int8"), ("b", "int8"), ("c", "int8"), ("method", "str")]


def test_a_column_without_alias_is_named_as_written(api: Any) -> None:
    assert api.rows(f"{TABLE} select length( method ),1+1 limit 1") == [{"length( method )": 3, "1+1": 2}]


def test_where_sees_columns_that_were_not_selected(api: Any) -> None:
    assert api.rows(f'{TABLE} select uri where method = "POST"') == [{"uri": "/product.screen?product_id=7"}]


def test_a_null_condition_drops_the_row(api: Any) -> None:
    there = api.rows(f'{TABLE} where referralUri -> "bing" select uri')
    absent = api.rows(f'{TABLE} where not referralUri -> "bing" select uri')
    assert (len(there), len(absent)) == (1, 3)
    assert len(api.rows(f'{TABLE} where isnull(referralUri) or not referralUri -> "bing" select uri')) == 4


def test_a_literal_that_does_not_convert_finds_nothing(api: Any) -> None:
    assert api.rows(f'{TABLE} where statusCode = "many"') == []
    assert len(api.rows(f'{TABLE} where statusCode = "200"')) == 2
    assert len(api.rows(f'{TABLE} where clientIpAddress = "192.0.2.10"')) == 1


@pytest.mark.parametrize(
    "clause", ["group every 30m by method", "group by method every 30m", "group every 5m by method every 30m"]
)
def test_periods(api: Any, clause: str) -> None:
    text = f"{TABLE} {clause} select count() as n"
    assert api.rows(text) == [
        {"eventdate": 1767225600000, "method": "GET", "n": 3},
        {"eventdate": 1767225600000, "method": "POST", "n": 1},
        {"eventdate": 1767227400000, "method": "HEAD", "n": 1},
    ]
    assert columns(api, text) == [("eventdate", "timestamp"), ("method", "str"), ("n", "int8")]


@pytest.mark.parametrize(
    "clause", ["group by method every 0", "group every - by method", "group every 5m by method every 0"]
)
def test_no_period(api: Any, clause: str) -> None:
    assert api.rows(f"{TABLE} {clause} select count() as n where n > 1") == [{"method": "GET", "n": 3}]


def test_group_again(api: Any) -> None:
    once = f"{TABLE} group by method, statusCode select count() as n"
    text = f"{once} group by method select sum(n) as n, count() as kinds"
    assert api.rows(text) == [
        {"method": "GET", "n": 3, "kinds": 2},
        {"method": "HEAD", "n": 1, "kinds": 1},
        {"method": "POST", "n": 1, "kinds": 1},
    ]


def test_an_aggregate_in_a_condition(api: Any) -> None:
    assert api.rows(f"{TABLE} group by method where count() > 1, max(statusCode) = 302") == [
        {"method": "GET"}
    ]


def test_after_a_group_names_are_free_again(api: Any) -> None:
    rows = api.rows(
        f"{TABLE} select length(uri) as size2 group by method select max(size2) as size2, count() as uri"
    )
    assert rows[0] == {"method": "GET", "size2": 36, "uri": 3}


def test_limits(api: Any) -> None:
    assert len(api.rows(f"{TABLE} limit 3")) == 3
    assert len(api.rows(f"{TABLE} limit 3", limit=2)) == 2
    assert len(api.rows(f"{TABLE} limit 2", limit=3)) == 2
    assert [row["uri"] for row in api.rows(f"{TABLE} select uri", offset=3)] == ["/", "/late"]
    assert [row["uri"] for row in api.rows(f"{TABLE} select uri", skip=1, limit=1)] == [
        "/product.screen?product_id=7"
    ]
    assert api.rows(f"{TABLE} limit 2 group select count() as n") == [{"n": 2}]


def test_the_window_is_half_open(api: Any) -> None:
    text = f"{TABLE} group select count() as n"
    ends = {
        at: api.rows(text, timeUnit="MILLISECONDS", **{"from": 1767225601123, "to": at})
        for at in (1767225660456, 1767225660457)
    }
    assert ends == {1767225660456: [{"n": 1}], 1767225660457: [{"n": 2}]}


def test_deep_and_long_queries_do_no_harm(api: Any) -> None:
    for text in (
        "(" * 5_000 + "1" + ")" * 5_000,
        "not " * 2_000 + "true",
        "1" + "+1" * 2_000,
        "a" * 300_000,
    ):
        response = api.query(f"{TABLE} select {text} as x limit 1")
        assert response.status_code in {200, 500}
        assert response.status_code == 200 or "object" in response.json()


def test_operations_that_repeat_arguments_cannot_grow_without_bound(api: Any) -> None:
    text = "uri"
    for _ in range(30):
        text = f'replace({text}, "a", {text})' if len(text) < 2000 else f'replace({text}, "a", "b")'
    response = api.query(f"{TABLE} select {text} as x limit 1")
    assert response.status_code == 500
    assert response.json()["object"][1] == "Unable to Start Task: Query parsing error"
