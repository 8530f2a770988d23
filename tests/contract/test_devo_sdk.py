"""devo-sdk, unmodified, against the sandbox."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from devo.api import (
    COMPACT_TO_ARRAY,
    DEFAULT,
    JSON,
    JSON_SIMPLE,
    SIMPLECOMPACT_TO_ARRAY,
    SIMPLECOMPACT_TO_OBJ,
    Client,
    ClientConfig,
)
from devo.api.client import DevoClientDataResponseException, DevoClientRequestException

from devo_sandbox.linq import types
from devo_sandbox.server import Sandbox
from tests.devo_sandbox import numbers

QUERY = "from demo.ecommerce.data select uri, clientIpAddress"
WINDOW = {"from": 1767225600, "to": 1767229200}
CREDENTIALS = {
    "token": {"token": "a-token"},
    "jwt": {"jwt": "a-token"},
    "key": {"key": "a-key", "secret": "a-secret"},
}


def client(devo: Sandbox, auth: dict[str, str] | None = None, **config: Any) -> Client:
    settings = {"response": "json/simple/compact", "processor": SIMPLECOMPACT_TO_OBJ, **config}
    return Client(
        address=devo.url,
        auth=auth or CREDENTIALS["token"],
        config=ClientConfig(**settings),
        verify=devo.ca_file,
        timeout=10,
    )


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_credentials(devo: Sandbox, kind: str) -> None:
    rows = list(client(devo, CREDENTIALS[kind]).query(query=QUERY, dates=WINDOW, comment="é ünï"))
    assert rows[0] == {"uri": "/0", "clientIpAddress": 167838211}
    assert len(rows) == 5


@pytest.mark.parametrize(
    ("auth", "status", "code"),
    [
        ({"token": "wrong"}, 403, 5),
        ({"jwt": "wrong"}, 403, 5),
        ({"key": "a-key", "secret": "wrong"}, 401, 12),
        ({"key": "wrong", "secret": "a-secret"}, 401, 12),
    ],
)
def test_wrong_credentials(devo: Sandbox, auth: dict[str, str], status: int, code: int) -> None:
    with pytest.raises(DevoClientRequestException) as raised:
        list(client(devo, auth).query(query=QUERY, dates=WINDOW))
    assert (raised.value.status, raised.value.code) == (status, code)


def test_rows_as_arrays(devo: Sandbox) -> None:
    # The official client hands the metadata line to nobody.
    rows = list(
        client(devo, processor=SIMPLECOMPACT_TO_ARRAY).query(query=QUERY, dates=WINDOW, ip_as_string=True)
    )
    assert rows == [[f"/{at}", "10.1.2.3"] for at in range(5)]


def test_rows_as_lines(devo: Sandbox) -> None:
    head, *rows = client(devo, processor=DEFAULT).query(query=QUERY, dates=WINDOW, limit=2)
    assert list(json.loads(head)["m"]) == ["uri", "clientIpAddress"]
    assert [json.loads(row) for row in rows] == [{"d": ["/0", 167838211]}, {"d": ["/1", 167838211]}]


def test_metadata_begins_as_the_vendors_suite_expects(devo: Sandbox) -> None:
    lines = client(devo, processor=DEFAULT).query(query="from demo.ecommerce.data", dates=WINDOW)
    assert next(lines).startswith('{"m":{"eventdate":{"type":"timestamp","index":0')


def test_json(devo: Sandbox) -> None:
    document = client(devo, response="json", processor=JSON, stream=False).query(
        query=QUERY, dates=WINDOW, offset=4
    )
    assert document["object"] == [{"uri": "/4", "clientIpAddress": 167838211}]
    assert document["status"] == 0


def test_json_compact(devo: Sandbox) -> None:
    rows = client(devo, response="json/compact", processor=COMPACT_TO_ARRAY, stream=False).query(
        query=QUERY, dates=WINDOW, limit=1
    )
    assert rows == [["/0", 167838211]]


def test_json_simple(devo: Sandbox) -> None:
    rows = client(devo, response="json/simple", processor=JSON_SIMPLE).query(
        query=QUERY, dates=WINDOW, limit=1
    )
    assert list(rows) == [{"uri": "/0", "clientIpAddress": 167838211}]


@pytest.mark.parametrize(("response", "separator"), [("csv", ","), ("tsv", "\t")])
def test_separated_values(devo: Sandbox, response: str, separator: str) -> None:
    lines = list(client(devo, response=response, processor=DEFAULT).query(query=QUERY, dates=WINDOW, limit=1))
    assert lines == [f"uri{separator}clientIpAddress", f"/0{separator}167838211"]


@pytest.mark.parametrize(
    "dates", [{"from": "1h"}, {"from": "1d", "to": "endday"}, {"from": "today"}, {"from": "2ad"}]
)
def test_a_limit_ends_a_query_that_would_not_end(devo: Sandbox, dates: dict[str, str]) -> None:
    from_ = {"from": 1767225600}
    assert len(list(client(devo).query(query=f"{QUERY} limit 3", dates=from_))) == 3
    relative = client(devo, response="json", processor=JSON, stream=False)
    assert relative.query(query=QUERY, dates={**dates, "to": "now"})["object"] == []


def test_a_launch_error(devo: Sandbox) -> None:
    with pytest.raises(DevoClientRequestException) as raised:
        list(client(devo).query(query="from nope.nope select x", dates=WINDOW))
    assert raised.value.status == 500
    assert (
        raised.value.message
        == "Error Launching Query: Unknown table `nope.nope`: 2086000: MISSING_RESOURCE: MANUAL"
    )
    assert len(raised.value.cid) == 12


def test_bad_parameters(devo: Sandbox) -> None:
    with pytest.raises(DevoClientRequestException) as raised:
        list(client(devo).query(query=QUERY, dates={"from": 1767229200, "to": 1767225600}))
    assert (raised.value.status, raised.value.message) == (400, "Bad parameters")


@pytest.mark.parametrize(
    ("response", "stream"),
    [
        ("json/simple/compact", True),
        ("json", False),
        ("json/compact", False),
        ("csv", True),
    ],
)
def test_an_error_on_the_way(devo: Sandbox, response: str, stream: bool) -> None:
    text = "from demo.ecommerce.data select length(uri) * 9223372036854775807 as x"
    failing = client(devo, response=response, stream=stream, processor=DEFAULT)
    with pytest.raises(DevoClientDataResponseException) as raised:
        list(failing.query(query=text, dates=WINDOW))
    assert raised.value.code == 500


def test_a_hundred_thousand_rows(devo: Sandbox) -> None:
    numbers.fill(devo, "many", 100_000, start_ms=1767225600000, kind=types.INT4)
    started = time.monotonic()
    rows = client(devo, processor=SIMPLECOMPACT_TO_ARRAY).query(query="from many select n", dates=WINDOW)
    assert [row[0] for row in rows] == list(range(100_000))
    # a second on an idle core
    assert time.monotonic() - started < 30
