"""What the sandbox does not know gets Devo's own error; nothing reaches DuckDB as it was written."""

from __future__ import annotations

from typing import Any

import pytest

TABLE = "from demo.ecommerce.data"


def refusal(api: Any, text: str, **fields: Any) -> tuple[int, str, str]:
    response = api.query(text, **fields)
    facts = response.json()["object"]
    return response.status_code, facts[1], facts[2] if len(facts) > 2 else ""


@pytest.mark.parametrize(
    ("text", "message", "code"),
    [
        ("from nope", "Unknown table `nope`", "2086000"),
        ("from `demo.ecommerce.data'`", "Unknown table `demo.ecommerce.data'`", "2086000"),
        ("from t1", "Unknown table `t1`", "2086000"),
        ("from devo_tables", "Unknown table `devo_tables`", "2086000"),
        ("from duckdb_settings", "Unknown table `duckdb_settings`", "2086000"),
        (f"{TABLE} select nope", "Unknown identifier `nope`", "1101001"),
        (f"{TABLE} select c0", "Unknown identifier `c0`", "1101001"),
        (f"{TABLE} select rowid", "Unknown identifier `rowid`", "1101001"),
        (f"{TABLE} select k, q", "Unknown identifier `k`", "1101001"),
        (f'{TABLE} select `a"; DROP TABLE t1; --`', 'Unknown identifier `a"; DROP TABLE t1; --`', "1101001"),
        (f"{TABLE} group by method select uri", "Unknown identifier `uri`", "1101001"),
        (f'{TABLE} select read_csv("/etc/passwd")', "No function named `read_csv`", "1101002"),
        (f'{TABLE} select getenv("HOME") as x', "No function named `getenv`", "1101002"),
        (f"{TABLE} select version() as x", "No function named `version`", "1101002"),
        (f'{TABLE} select linq_rootdomain("a") as x', "No function named `linq_rootdomain`", "1101002"),
        (f'{TABLE} select regexp_matches(uri, "a") as x', "No function named `regexp_matches`", "1101002"),
        (f"{TABLE} select `length`(uri) as x", "No function named `length`", "1101002"),
        (f'{TABLE} where contains(uri, "a")', "No function named `contains`", "1101002"),
        (
            f"{TABLE} group by method select countdistinct(uri) as n",
            "No function named `countdistinct`",
            "1101002",
        ),
        (f"{TABLE} select uridomain(uri) as x", "No function named `uridomain`", "1101002"),
        (f"{TABLE} select count() as n", "No function named `count`", "1101002"),
        (f"{TABLE} group select sum(count()) as n", "No function named `count`", "1101002"),
        (
            f"{TABLE} select length(statusCode) as x",
            "No function named `length` with arguments (int4)",
            "1101002",
        ),
        (f"{TABLE} select length() as x", "No function named `length` with arguments ()", "1101002"),
        (
            f"{TABLE} select matches(uri, uri) as x",
            "No function named `matches` with arguments (str, str)",
            "1101002",
        ),
        (f"{TABLE} select re(uri) as x", "No function named `re` with arguments (str)", "1101002"),
        (f"{TABLE} where uri", "No function named `where` with arguments (str)", "1101002"),
        (f"{TABLE} select uri as method", "Identifier `method` is used more than once", "1101003"),
        (f"{TABLE} select uri as METHOD", "Identifier `METHOD` is used more than once", "1101003"),
        (f"{TABLE} select 1 as a, 2 as a", "Identifier `a` is used more than once", "1101003"),
        (
            f"{TABLE} group by method select 1 as method",
            "Identifier `method` is used more than once",
            "1101003",
        ),
    ],
)
def test_unknown_things(api: Any, text: str, message: str, code: str) -> None:
    assert refusal(api, text) == (500, message, code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "select 1",
        "SELECT * FROM t1",
        "from",
        f"{TABLE};",
        f"{TABLE}; DROP TABLE t1",
        f"{TABLE} order by eventdate",
        f"{TABLE} sort by eventdate",
        f"{TABLE} offset 5",
        f"{TABLE} let x = 1",
        f"{TABLE} join t on a = b",
        f"{TABLE} FROM",
        f"{TABLE} select uri as",
        f"{TABLE} select 'unclosed",
        f'{TABLE} select "bad \\. escape"',
        f"{TABLE} select 1 = 1 ? 2 : 3",
        f"{TABLE} select 99999999999999999999 as x",
        f"{TABLE} select 10.0.0.256 as x",
        f"{TABLE} limit -1",
        f"{TABLE} limit 1.5",
        f"{TABLE} group every 5 by uri",
        f"{TABLE} where",
        f"{TABLE} select (1, 2) as x",
        f'{TABLE} select re("a") as x',
        f'{TABLE} where matches(uri, re("(?=a)"))',
        f'{TABLE} where matches(uri, re("("))',
        f'{TABLE} select peek(uri, re("a"), 3) as x',
        f"""{TABLE} where matches(uri, re('a++'))""",
        f"""{TABLE} where matches(uri, re('(?>a)'))""",
        f"""{TABLE} where matches(uri, re('(?<!a)b'))""",
        f"""{TABLE} where matches(uri, re('(a)\\1'))""",
        f"""{TABLE} where matches(uri, re('[a[b]]'))""",
        f"""{TABLE} where matches(uri, re('[[:alpha:]]'))""",
        f"""{TABLE} where matches(uri, re('[a-z&&[aeiou]]'))""",
        f"""{TABLE} where matches(uri, re('\\v'))""",
        f"""{TABLE} where matches(uri, re('(?U)a+'))""",
        f"""{TABLE} where matches(uri, re('(?P<x>a)'))""",
        f"""{TABLE} where matches(uri, re('\\p{{Alpha}}'))""",
        f'{TABLE} select formatdate(eventdate, "EEE") as x',
        f'{TABLE} select parsedate(uri, "HH:mm") as x',
        f"{TABLE} group",
        f"{TABLE} /* comment */",
        f"{TABLE} select $1",
        f"{TABLE} select uri::int",
        f"{TABLE} select \x00",
        f"{TABLE} select '\ud800' as x",
    ],
)
def test_parsing_errors(api: Any, text: str) -> None:
    assert refusal(api, text) == (500, "Unable to Start Task: Query parsing error", "")


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        (f"{TABLE} order by uri", "line 1, column 26: "),
        (f"{TABLE} order by uri", "rows come by eventdate"),
        (f"{TABLE}\nwhere uri -> ", "line 2, column 11: "),
        (f"{TABLE}\nselect\n  99999999999999999999 as x", "line 3, column 3: the integer"),
        (f"{TABLE}\nselect uri, nope", "line 2, column 13: "),
        (f"{TABLE} where methud = 1", "close: method"),
        (f"{TABLE} select 1 +\n  lenght(uri) as x", "line 2, column 3: "),
        (f"{TABLE} select lenght(uri) as x", "close: length"),
        (f'{TABLE} where contains(uri, "a")', "use has"),
        (f"{TABLE} select length(statusCode) as x", "it takes (str) → int8"),
        (f"{TABLE} select count() as n", "after group"),
        (f"{TABLE} where uri + 1 = 2", "line 1, column 36: "),
        (f'{TABLE} where matches(uri, re("(?=a)"))', "line 1, column 45: "),
    ],
)
def test_our_log_says_where_and_what_instead(
    api: Any, caplog: pytest.LogCaptureFixture, text: str, logged: str
) -> None:
    with caplog.at_level("INFO", "devo_sandbox"):
        assert api.query(text).status_code == 500
    assert logged in caplog.text


@pytest.mark.parametrize(
    "value",
    [
        "it's",
        "'; DROP TABLE t1; --",
        "$$",
        "{0}",
        "%s",
        "\\",
        "`",
        "a\nb",
        "' || getenv('HOME') || '",
        "\u2028",
        "é🦆",
    ],
)
def test_any_text_stays_a_text(api: Any, value: str) -> None:
    written = '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    rows = api.rows(
        f"{TABLE} where {written} = {written} select {written} as `x {value}` limit 1".replace("`x `", "`x`")
        if "`" not in value and "\n" not in value
        else f"{TABLE} select {written} as x limit 1"
    )
    assert list(rows[0].values()) == [value]


def test_a_pattern_stays_a_pattern(api: Any) -> None:
    rows = api.rows(f"""{TABLE} select subsall("a'b", re("'"), template("''")) as x limit 1""")
    assert rows == [{"x": "a''b"}]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"from": None}, "405 : Date from is required"),
        ({"from": "2026-01-01T00:00:00Z"}, "406 : Date from not valid format"),
        ({"from": True}, "406 : Date from not valid format"),
        ({"from": [1]}, "406 : Date from not valid format"),
        ({"to": "soon"}, "407 : Date to not valid format"),
        ({"from": 1767229200, "to": 1767225600}, "408 : Date from is after date to"),
        ({"mode": {"type": "yaml"}}, "Mode not valid"),
        ({"mode": {"type": ["json"]}}, "Mode not valid"),
        ({"mode": {"type": "xls"}, "to": 4102444800}, "xls needs a date to that is not in the future"),
        ({"mode": {"type": "msgpack"}, "to": None}, "msgpack needs a date to that is not in the future"),
        ({"timeUnit": "HOURS"}, "timeUnit not valid"),
        ({"timeZone": "Mars/Olympus"}, "timeZone not valid"),
        ({"timeZone": "../etc/passwd"}, "timeZone not valid"),
        ({"timeZone": "GMT+19"}, "timeZone not valid"),
        ({"timeZone": 2}, "timeZone not valid"),
        ({"limit": -1}, "limit not valid"),
        ({"limit": "1; DROP TABLE t1"}, "limit not valid"),
        ({"offset": 1.5}, "offset not valid"),
        ({"query": None}, "Neither query nor a known queryId"),
        ({"query": None, "queryId": "absent"}, "Neither query nor a known queryId"),
        ({"destination": {"type": "s3"}}, "The sandbox does not support the destination s3"),
        ({"destination": "s3"}, "destination not valid"),
        ({"destination": {"type": ["s3"]}}, "destination not valid"),
        ({"destination": {"type": "donothing", "params": 1}}, "destination not valid"),
    ],
)
def test_bad_parameters(api: Any, fields: dict[str, Any], reason: str) -> None:
    response = api.query(TABLE, **fields)
    assert response.status_code == 400
    body = response.json()
    assert (body["error"], body["object"], body["status"]) == ("Bad parameters", [reason], 400)
    assert body["cid"]
    assert body["timestamp"] > 1767225600000


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff"])
def test_bad_bodies(api: Any, body: bytes) -> None:
    response = api.post("/search/query", body)
    assert (response.status_code, response.json()["error"]) == (400, "Bad parameters")


def test_other_paths(api: Any) -> None:
    for path in ("/search/nothing", "/search/query/more", "/mlmodelmanager/nothing", "/_sandbox/nothing"):
        response = api.post(path, b"")
        assert response.status_code == 404
        assert response.json()["cid"]
