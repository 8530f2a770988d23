"""Which row a message becomes, and where it goes when it becomes none."""

from __future__ import annotations

import json

import pytest

from tests.devo_sandbox.conftest import Api
from tests.devo_sandbox.intake.arrivals import Send, count, rows

REQUEST = {"uri": "/a,b", "method": "GET", "statusCode": 200, "clientIpAddress": "203.0.113.7"}
CSV = ',203.0.113.7,"a ""b"", c",,/x,,GET,HTTP 1.1,404,12,3'


def test_tables_with_columns(api: Api, send: Send) -> None:
    send("demo.ecommerce.data", json.dumps(REQUEST), CSV)
    columns = "uri, method, statusCode, userAgent, cookie, str(clientIpAddress) as ip"
    # other tests may have sent theirs before
    assert rows(api, "demo.ecommerce.data", columns)[-2:] == [
        ("/a,b", "GET", 200, None, None, "203.0.113.7"),
        ("/x", "GET", 404, 'a "b", c', None, "203.0.113.7"),
    ]


@pytest.mark.parametrize(
    "message",
    [
        "{",
        '{"nope": 1}',
        '{"statusCode": "200"}',
        '{"statusCode": 3000000000}',
        '{"clientIpAddress": "nowhere"}',
        "[1]",
        "too,few",
        CSV.replace("404", "4_0"),
        CSV + '"',
        '"',
        "[" * 100_000,
    ],
)
def test_messages_that_are_no_rows(api: Api, send: Send, message: str) -> None:
    before = count(api, "demo.ecommerce.data")
    send("demo.ecommerce.data", json.dumps(REQUEST), message, json.dumps(REQUEST))
    assert count(api, "demo.ecommerce.data") == before + 2
    assert rows(api, "unknown.unknown", "tag, message")[-1] == ("demo.ecommerce.data", message)


@pytest.mark.parametrize("parser", ["json", "csv", "message"])
def test_a_declared_parser(api: Api, send: Send, parser: str) -> None:
    columns = [
        {"name": "eventdate", "type": "timestamp"},
        {"name": "message", "type": "str"},
        {"name": "on", "type": "bool"},
        {"name": "size", "type": "float8"},
    ]
    table = f"my.app.declared.{parser}"
    assert api.post(f"/_sandbox/tables/{table}", {"columns": columns, "parser": parser}).status_code == 201
    send(table, '{"message":"a","size":1.5}', "b,true,-2e3")
    assert (
        rows(api, table, "message, on, size")
        == {
            "json": [("a", None, 1.5)],
            "csv": [("b", True, -2000.0)],
            "message": [('{"message":"a","size":1.5}', None, None), ("b,true,-2e3", None, None)],
        }[parser]
    )


@pytest.mark.parametrize(
    "tag",
    [
        "web.apache.access",
        "x",
        "my.app.a.b.c.d.e",
        'my.app.x";DROP/**/TABLE/**/t1;--',
        "my.app.x'y",
        "my.app.`x`",
        "my.app.../../etc",
        "my.app.\u00e9",
        f"my.app.{'a' * 200}",
        "-my.app.x",
    ],
)
def test_tags_without_a_table(api: Api, send: Send, tag: str) -> None:
    before = api.sandbox.tenant.tables.names
    send(tag, "lost?")
    assert rows(api, "unknown.unknown", "tag, message")[-1] == (tag, "lost?")
    assert api.sandbox.tenant.tables.names == before
