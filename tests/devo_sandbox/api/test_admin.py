"""Tables, events, stored queries and the log of requests."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

COLUMNS = {
    "columns": [
        {"name": "eventdate", "type": "timestamp"},
        {"name": "ip", "type": "ip4"},
        {"name": "n", "type": "int4"},
    ]
}


@pytest.fixture
def table(api: Any) -> str:
    assert api.post("/_sandbox/tables/test.keep.types", COLUMNS).status_code == 201
    return "test.keep.types"


def test_addresses_dotted_or_numbers(api: Any, table: str) -> None:
    events = [
        {"eventdate": 1767225600000, "ip": "10.0.0.1"},
        {"eventdate": 1767225600000, "ip": 167772162},
        {"eventdate": 1767225600000},
    ]
    assert api.load(table, events).json() == {"inserted": 3}
    assert [row["ip"] for row in api.rows(f"from {table}", ipAsString=True)] == ["10.0.0.1", "10.0.0.2", None]


def test_creating_again_replaces(api: Any, table: str) -> None:
    api.load(table, [{"eventdate": 1767225600000}])
    assert api.post(f"/_sandbox/tables/{table}", COLUMNS).status_code == 201
    assert api.rows(f"from {table}") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"eventdate":1,"nope":1}', "line 2: unknown column 'nope'; there are eventdate"),
        ('{"n":1}', "line 2: eventdate is missing"),
        ('{"eventdate":"2026-01-01"}', "line 2: eventdate: '2026-01-01' is no timestamp"),
        ('{"eventdate":-1}', "line 2: eventdate: -1 is no timestamp"),
        ('{"eventdate":1,"n":3000000000}', "line 2: n: 3000000000 is no int4"),
        ('{"eventdate":1,"n":true}', "line 2: n: True is no int4"),
        ('{"eventdate":1,"n":[1]}', "line 2: n: [1] is no int4"),
        ('{"eventdate":1,"ip":"10.0.0.256"}', "line 2: ip: '10.0.0.256' is no ip4"),
        ("[]", "line 2: not an object"),
        ("{", "line 2: "),
    ],
)
def test_a_bad_line_inserts_nothing(api: Any, table: str, line: str, reason: str) -> None:
    content = f'{{"eventdate":1767225600000}}\n{line}\n'
    response = api.post(f"/_sandbox/tables/{table}/events", content.encode())
    assert response.status_code == 400
    assert response.json()["object"][0].startswith(reason)
    assert api.rows(f"from {table}") == []


@pytest.mark.parametrize(
    "columns",
    [
        None,
        [],
        [{"name": "a", "type": "str"}],
        [{"name": "eventdate", "type": "str"}],
        [{"name": "eventdate", "type": "timestamp"}, {"name": "EventDate", "type": "str"}],
        [{"name": "eventdate", "type": "timestamp"}, {"name": "a", "type": "VARCHAR); DROP TABLE t1; --"}],
    ],
)
def test_tables_that_cannot_be(api: Any, columns: Any) -> None:
    assert api.post("/_sandbox/tables/bad", {"columns": columns}).status_code == 400


def test_names_of_columns_are_only_names(api: Any) -> None:
    name = 'a"; DROP TABLE t1; --'
    columns = {"columns": [{"name": "eventdate", "type": "timestamp"}, {"name": name, "type": "str"}]}
    assert api.post("/_sandbox/tables/odd-name", columns).status_code == 201
    assert api.load("odd-name", [{"eventdate": 1767225600000, name: "x"}]).json() == {"inserted": 1}
    assert api.rows(f"from `odd-name` select `{name}`") == [{name: "x"}]


def test_events_of_an_unknown_table(api: Any) -> None:
    assert api.load("nope", [{"eventdate": 1}]).json()["object"][1] == "Unknown table `nope`"


def test_a_stored_query(api: Any) -> None:
    text = "from demo.ecommerce.data group select count() as n"
    assert api.post("/_sandbox/queries/q1", {"query": text}).status_code == 201
    assert api.query(None, queryId="q1").json()["object"] == [{"n": 5}]


def test_the_schema_of_a_table(api: Any) -> None:
    response = requests.get(
        f"{api.sandbox.base_url}/search/table/demo.ecommerce.data",
        headers={"Authorization": f"Bearer {api.sandbox.token}"},
        verify=api.sandbox.ca_file,
        timeout=10,
    )
    assert response.json()["object"][0] == {"fieldName": "eventdate", "type": "timestamp"}


def test_the_log_keeps_requests_without_secrets(api: Any) -> None:
    headers = {"standAloneToken": api.sandbox.token}
    requests.get(f"{api.sandbox.mlmm_url}/models", headers=headers, verify=api.sandbox.ca_file, timeout=10)
    api.query("from demo.ecommerce.data limit 1", **{"from": 1767225600})
    log = requests.get(
        f"{api.sandbox.base_url}/_sandbox/requests",
        headers={"Authorization": f"Bearer {api.sandbox.token}"},
        verify=api.sandbox.ca_file,
        timeout=10,
    )
    before, last = log.json()[-2:]
    assert (before["method"], before["path"]) == ("GET", "/mlmodelmanager/models")
    assert before["headers"]["standalonetoken"] == "***"
    assert (last["method"], last["path"]) == ("POST", "/search/query")
    assert json.loads(last["body"])["query"] == "from demo.ecommerce.data limit 1"
    assert last["headers"]["authorization"] == "Bearer ***"
    assert api.sandbox.token not in log.text


@pytest.mark.parametrize(
    "path", ["/_sandbox/requests", "/_sandbox/faults", "/mlmodelmanager/models", "/search/jobs"]
)
def test_nothing_is_open(api: Any, path: str) -> None:
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 403),
        ({"standAloneToken": "x"}, 403),
    ):
        method = "DELETE" if path.endswith("faults") else "GET"
        response = requests.request(
            method, api.sandbox.base_url + path, headers=headers, verify=api.sandbox.ca_file, timeout=10
        )
        assert response.status_code == status


def test_the_front_door_is(api: Any) -> None:
    assert requests.get(f"{api.sandbox.base_url}/", verify=api.sandbox.ca_file, timeout=10).status_code == 200
