"""DevoHook reads a closed window of a real sandbox, or says what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoIncompleteError,
    DevoPermanentError,
    DevoQueryError,
    DevoTransientError,
    DevoWindowError,
)
from airflow_provider_devo_dga.hooks.devo import DevoHook
from tests.waiting import wait_until

EVENTS = [
    {"word": 'caf\u00e9 \u2028 "q"', "n": 1, "big": 2**60, "ratio": 0.25, "ok": True, "ip": "10.0.0.1"},
    {"word": "", "n": -3, "big": 0, "ratio": -1e-9, "ok": False, "ip": "203.0.113.7"},
    {},
]
COLUMNS = {"word": "str", "n": "int4", "big": "int8", "ratio": "float8", "ok": "bool", "ip": "ip4"}


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return devo.table(EVENTS, **COLUMNS)


def test_values_arrive_as_they_are(devo: Any, table: str) -> None:
    start = int(devo.window["from_"].timestamp()) * 1000
    assert DevoHook().get_records(f"from {table}", **devo.window) == [
        {"eventdate": start + number, **dict.fromkeys(COLUMNS), **event}
        for number, event in enumerate(EVENTS)
    ]


def test_rows_come_one_by_one_and_the_limit_is_devos(devo: Any, table: str) -> None:
    rows = DevoHook().iter_rows(f"from {table} select n", limit=2, **devo.window)
    assert [row["n"] for row in rows] == [1, -3]
    assert devo.asked(table)[0]["body"].count('"limit": 2') == 1


def test_an_empty_result_is_no_error(devo: Any, table: str) -> None:
    query = f'from {table} where word = "nobody"'
    assert DevoHook().get_records(query, **devo.window) == []
    assert DevoHook().count(query, **devo.window) == 0


def test_devo_counts(devo: Any, table: str) -> None:
    assert DevoHook().count(f"from {table} where isnotnull(n)", **devo.window) == 2
    assert DevoHook().count(f"from {table}", **devo.window) == 3


def test_the_windows_end_is_out(devo: Any, table: str) -> None:
    end = int(devo.window["to"].timestamp()) * 1000
    devo.load(table, [{"eventdate": end - 1, "n": 98}, {"eventdate": end, "n": 99}])
    numbers = [row["n"] for row in DevoHook().get_records(f"from {table} select eventdate, n", **devo.window)]
    assert 98 in numbers
    assert 99 not in numbers


def test_the_query_names_its_caller(devo: Any, table: str) -> None:
    DevoHook(comments={"user": "dag", "free": 'a"b'}).get_records(f"from {table}", **devo.window)
    body = devo.asked(table)[-1]["body"]
    assert 'pragma comment.user:\\"dag\\" pragma comment.free:\\"a_b\\"' in body


def test_an_abandoned_read_closes_the_connection(devo: Any, table: str) -> None:
    # the sandbox holds this answer open until its client hangs up
    devo.fault("stall", after_rows=1)
    rows = DevoHook().iter_rows(f"from {table} select n", **devo.window)
    assert next(rows) == {"n": 1}
    assert devo.sandbox.running == 1
    rows.close()
    wait_until(lambda: devo.sandbox.running == 0)


def test_the_official_client_works_with_a_token(devo: Any, table: str) -> None:
    client = DevoHook().get_conn()
    assert type(client).__module__ == "devo.api.client"
    seconds = {name: int(moment.timestamp()) for name, moment in devo.window.items()}
    lines = client.query(
        query=f"from {table} select n", dates={"from": seconds["from_"], "to": seconds["to"]}
    )
    assert [line for line in lines if '"d"' in str(line)] == ['{"d":[1]}', '{"d":[-3]}', '{"d":[null]}']


def test_key_and_secret_sign_both_clients(devo: Any, table: str, connect: Any) -> None:
    settings = devo.sandbox.settings
    connect("signed", extra={"api_key": settings.api_key, "api_secret": settings.api_secret}, password=None)
    hook = DevoHook("signed")
    assert len(hook.get_records(f"from {table}", **devo.window)) == 3
    assert "x-logtrust-sign" in devo.asked(table)[-1]["headers"]
    from_, to = (int(moment.timestamp()) for moment in devo.window.values())
    assert len(list(hook.get_conn().query(query=f"from {table}", dates={"from": from_, "to": to}))) == 4


@pytest.mark.parametrize("field", ["jwt_token", "jwt"])
def test_a_jwt_instead_of_a_token(
    devo: Any, table: str, connect: Any, caplog: pytest.LogCaptureFixture, field: str
) -> None:
    connect(f"with_{field}", extra={field: devo.sandbox.token}, password=None)
    assert len(DevoHook(f"with_{field}").get_records(f"from {table}", **devo.window)) == 3
    assert devo.asked(table)[-1]["headers"]["authorization"] == "jwt ***"
    # of the old name, which Airflow does not mask
    assert ("move it to 'jwt_token'" in caplog.text) == (field == "jwt")


@pytest.mark.parametrize(
    ("from_", "to", "reason"),
    [
        ("2026-01-01T09:00:00+00:00", "2026-01-01T08:00:00+00:00", "ends before it starts"),
        ("2026-01-01T09:00:00+00:00", "2026-01-01T09:00:00+00:00", "no length.*in a task, run_window"),
        ("2026-01-01T08:00:00", "2026-01-01T09:00:00", "no time zone"),
        ("2026-01-01T08:00:00.5+00:00", "2026-01-01T09:00:00+00:00", "whole seconds"),
        ("now()-1*hour()", "now()", "not an ISO 8601 date"),
        ("__import__('os').getpid()", "2026-01-01T09:00:00+00:00", "not an ISO 8601 date"),
    ],
)
def test_a_window_that_is_none_is_never_sent(devo: Any, table: str, from_: str, to: str, reason: str) -> None:
    with pytest.raises(DevoWindowError, match=reason):
        DevoHook().get_records(f"from {table}", from_=from_, to=to)
    assert devo.asked(table) == []


def test_a_window_that_is_not_over_is_never_sent(devo: Any, table: str) -> None:
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    with pytest.raises(DevoWindowError, match="not over yet"):
        DevoHook().get_records(f"from {table}", from_=soon - timedelta(hours=2), to=soon)
    assert devo.asked(table) == []


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("from no.such.table", "Unknown table `no.such.table`"),
        ("from {table} select nosuch(n) as x", "No function named `nosuch`"),
        ("from {table} select missing", "Unknown identifier `missing`"),
        ("from {table} sort by n", "parsing error"),
        ("  \n", "empty"),
    ],
)
def test_a_refused_query_is_told_in_devos_words(devo: Any, table: str, query: str, reason: str) -> None:
    text = query.format(table=table)
    with pytest.raises(DevoQueryError, match=reason) as caught:
        DevoHook().get_records(text, **devo.window)
    if text.strip():
        assert caught.value.query == text
        assert caught.value.status == 500
        assert caught.value.cid


@pytest.mark.parametrize(("extra", "kind"), [([1], "array"), ("verify", "text"), (5, "number")])
def test_an_extra_that_is_no_object_is_told(
    monkeypatch: pytest.MonkeyPatch, extra: object, kind: str
) -> None:
    connection = {
        "conn_type": "devo",
        "host": "devo.example.com",
        "password": "a",
        "extra": json.dumps(extra),
    }
    monkeypatch.setenv("AIRFLOW_CONN_ODD", json.dumps(connection))
    well, told = DevoHook("odd").test_connection()
    assert not well
    assert f"extra is a JSON {kind}, where an object is wanted" in told


@pytest.mark.parametrize("query", [5, 1.5, ["from t"]])
def test_a_query_that_is_no_text_is_refused(devo: Any, table: str, query: Any) -> None:
    with pytest.raises(DevoQueryError, match="where LINQ text is wanted: what does its template render to"):
        DevoHook().get_records(query, **devo.window)


@pytest.mark.parametrize("word", ["off", "No", "false", "0", False])
def test_nobody_is_verified_where_that_is_said(connect: Any, word: Any) -> None:
    connect("open", extra={"verify": word})
    assert DevoHook("open").settings.verify is False


def test_a_query_may_have_a_timeout_of_its_own(devo: Any, table: str) -> None:
    devo.fault("stall", after_rows=1)
    with pytest.raises(DevoIncompleteError, match="within its timeout"):
        list(DevoHook().iter_rows(f"from {table} select n", timeout=0.3, **devo.window))
    with pytest.raises(DevoPermanentError, match="timeout must be above 0"):
        DevoHook().get_records(f"from {table}", timeout=0, **devo.window)


def test_a_wrong_token_is_asked_once(devo: Any, table: str, connect: Any) -> None:
    connect("wrong", password="not-the-token")
    with pytest.raises(DevoAuthError) as caught:
        DevoHook("wrong").get_records(f"from {table}", **devo.window)
    assert (caught.value.status, caught.value.code) == (403, 5)
    # by path: a sandbox that refuses a token does not read the body
    assert len(devo.asked(path="/search/query")) == 1


def test_a_dead_port_is_transient(devo: Any, connect: Any, dead_port: int, no_pauses: None) -> None:
    connect("dead", port=dead_port)
    with pytest.raises(DevoTransientError, match=f"No answer from 127.0.0.1:{dead_port}"):
        DevoHook("dead").get_records("from demo.ecommerce.data", **devo.window)


@pytest.mark.parametrize(
    ("fields", "extra", "reason"),
    [
        ({"host": "http://127.0.0.1"}, {}, "must be an https address, not http"),
        ({"host": ""}, {}, "no host"),
        ({"host": "user:word@127.0.0.1"}, {}, "plain address"),
        ({}, {"verify": "/no/such/ca.pem"}, "CA file '/no/such/ca.pem'"),
        ({}, {"verify": __file__}, "CA file"),
        ({}, {"verify": True}, "certificate is not trusted"),
        ({"password": None}, {}, "no credentials"),
        ({}, {"api_key": "alone"}, "only one of api_key and api_secret"),
        ({}, {"timeout": "soon"}, "'timeout' must be a number"),
        ({}, {"timeout": "nan"}, "'timeout' must be a number"),
        ({}, {"timeout": 0}, "'timeout' must be above 0; leave it out for 600"),
        ({}, {"verify": "disabled"}, "a folder of such files, or write true or false"),
        ({}, {"retries": -1}, "'retries' must be a number"),
        ({}, {"retries": [1]}, "'retries' must be a number"),
        ({"password": "line\nbreak"}, {}, "token has a line break"),
        ({"password": "pass\u00e9"}, {}, "token has a line break, a space at an end or a character outside"),
        ({}, {"jwt": " a.jwt"}, "jwt has a line break, a space at an end"),
    ],
)
def test_an_unusable_connection_says_which_field(
    devo: Any, connect: Any, fields: dict[str, Any], extra: dict[str, Any], reason: str
) -> None:
    connect("odd", extra=extra, **fields)
    with pytest.raises(DevoConnectionConfigError, match=reason):
        DevoHook("odd").get_records("from demo.ecommerce.data", **devo.window)
    well, told = DevoHook("odd").test_connection()
    assert not well
    assert told.startswith("The connection is not usable: ")
    assert reason in told


def test_a_host_that_is_no_devo(devo: Any, connect: Any) -> None:
    connect("elsewhere", host=f"{devo.sandbox.base_url}/nothing/here")
    with pytest.raises(DevoConnectionConfigError, match="no Devo API at this address"):
        DevoHook("elsewhere").get_records("from demo.ecommerce.data", **devo.window)


def test_the_test_button_tells_what_works_and_what_does_not(
    devo: Any, devo_connections: None, connect: Any, dead_port: int, no_pauses: None
) -> None:
    assert DevoHook().test_connection() == (True, f"Devo answers at {devo.sandbox.url}")
    connect("wrong", password="not-the-token")
    connect("dead", port=dead_port)
    well, told = DevoHook("wrong").test_connection()
    assert (well, told.split(":")[0]) == (False, "Devo is there, but refuses the credentials")
    well, told = DevoHook("dead").test_connection()
    assert (well, told.split(":")[0]) == (False, "Devo cannot be reached")


def test_a_limit_that_means_none_is_refused(devo: Any, table: str) -> None:
    with pytest.raises(DevoPermanentError, match="at least 1"):
        DevoHook().get_records(f"from {table}", limit=0, **devo.window)
    assert devo.asked(table) == []


def test_a_hook_reads_its_connection_when_it_is_used() -> None:
    DevoHook("there_is_no_such_connection")
