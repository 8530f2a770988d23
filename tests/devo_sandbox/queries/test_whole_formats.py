"""msgpack and xls: sent once they are complete, or refused."""

from __future__ import annotations

import gc
import http.client
import io
import json
import ssl
import time
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import msgpack
import pytest
import requests

from devo_sandbox.queries.wire_whole import Xls
from devo_sandbox.server import Sandbox
from tests.devo_sandbox import numbers
from tests.devo_sandbox.conftest import TOKEN, Api

TABLE = "from demo.ecommerce.data"
# Far less than the answers of a million rows take, far more than a busy machine needs to end one.
IDLE_S = 10
NAMESPACE = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def content(api: Any, text: str, mode: str, **fields: Any) -> bytes:
    response = api.query(text, mode={"type": mode}, **fields)
    assert response.status_code == 200, response.text
    body: bytes = response.content
    return body


def sheet(body: bytes) -> list[list[tuple[str, str | None]]]:
    """Return the type and the text of each cell of each row."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        tree = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own
    rows = tree.findall(".//x:row", NAMESPACE)
    return [[(cell.get("t", "n"), _text(cell)) for cell in row.findall("x:c", NAMESPACE)] for row in rows]


def _text(cell: ET.Element) -> str | None:
    found = cell.find("x:v", NAMESPACE)
    return (found if found is not None else cell.find("x:is/x:t", NAMESPACE)).text  # type: ignore[union-attr]


def test_msgpack_is_the_document_of_json(api: Any) -> None:
    text = f"{TABLE} select eventdate, uri, statusCode, statusCode > 300 as b, statusCode / 3 as f"
    document = msgpack.unpackb(content(api, text, "msgpack"))
    wanted = api.query(text).json()
    assert list(document) == list(wanted) == ["msg", "timestamp", "cid", "status", "object"]
    assert document["object"] == wanted["object"]
    assert document["status"] == 0


def test_msgpack_without_rows(api: Any) -> None:
    assert msgpack.unpackb(content(api, f"{TABLE} where statusCode = 1", "msgpack"))["object"] == []


def test_xls_is_a_sheet(api: Any) -> None:
    text = f"{TABLE} select eventdate, uri, statusCode, statusCode > 300 as b, split(uri, '/') as a limit 2"
    header, first, _ = sheet(content(api, text.replace("'", '"'), "xls"))
    assert header == [("inlineStr", name) for name in ("eventdate", "uri", "statusCode", "b", "a")]
    assert first == [
        ("inlineStr", "2026-01-01 00:00:01.123"),
        ("inlineStr", "/category.screen?category_id=BEDROOM"),
        ("n", "200"),
        ("b", "0"),
        ("inlineStr", '["","category.screen?category_id=BEDROOM"]'),
    ]


def test_xls_shows_the_time_of_a_zone_and_addresses_as_asked(api: Any) -> None:
    text = f"{TABLE} select eventdate, clientIpAddress limit 1"
    _, row = sheet(content(api, text, "xls", timeZone="GMT-3", ipAsString=True))
    assert row == [("inlineStr", "2025-12-31 21:00:01.123"), ("inlineStr", "203.0.113.7")]
    _, row = sheet(content(api, text, "xls"))
    assert row[1] == ("n", "3405803783")


@pytest.mark.parametrize("value", ["=1+1", "#N/A", "http://a.example", "12", "a\\tb", "<&>"])
def test_a_text_stays_a_text(api: Any, value: str) -> None:
    _, row = sheet(content(api, f'{TABLE} select "{value}" as x limit 1', "xls"))
    assert row == [("inlineStr", value.replace("\\t", "\t"))]


def test_control_characters_are_escaped(api: Any) -> None:
    line = {"eventdate": 1767225600000, "s": "a\x08b"}
    schema = {"columns": [{"name": "eventdate", "type": "timestamp"}, {"name": "s", "type": "str"}]}
    api.post("/_sandbox/tables/controls", schema)
    api.load("controls", [line])
    assert sheet(content(api, "from controls select s", "xls"))[1] == [("inlineStr", "a_x0008_b")]
    assert msgpack.unpackb(content(api, "from controls select s", "msgpack"))["object"] == [{"s": "a\x08b"}]


def test_what_does_not_fit_is_refused(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Xls, "most_rows", 3)
    assert len(sheet(content(api, f"{TABLE} select uri limit 3", "xls"))) == 4
    response = api.query(f"{TABLE} select uri", mode={"type": "xls"})
    assert (response.status_code, response.json()["object"]) == (400, ["xls holds at most 3 rows"])
    monkeypatch.setattr(Xls, "longest_text", 10)
    response = api.query(f"{TABLE} select uri limit 1", mode={"type": "xls"})
    assert (response.status_code, response.json()["object"]) == (400, ["An xls cell holds 10 characters"])


@pytest.mark.parametrize("mode", ["msgpack", "xls"])
def test_a_failure_on_the_way_is_refused(api: Any, mode: str) -> None:
    response = api.query(f"{TABLE} select statusCode * 9223372036854775807 as x", mode={"type": mode})
    assert response.status_code == 500
    assert response.json()["msg"] == "Error Processing Query"


@pytest.mark.parametrize("mode", ["msgpack", "xls"])
def test_there_is_no_fault_within_a_binary_document(api: Any, mode: str) -> None:
    assert api.post("/_sandbox/faults", {"fault": "e_mid"}).status_code == 201
    assert api.query(TABLE, mode={"type": mode}).status_code == 400
    assert api.query(TABLE, mode={"type": mode}).status_code == 200


@pytest.fixture(scope="module")
def large() -> Iterator[Api]:
    """A sandbox whose largest answers take far longer than anybody here waits."""
    with Sandbox(token=TOKEN) as sandbox:
        numbers.fill(sandbox, "many", 1_000_000, start_ms=1)
        yield Api(sandbox)


def idle(api: Api) -> None:
    """Wait until no request is being answered."""
    deadline = time.monotonic() + IDLE_S
    while api.sandbox.running:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_client_that_leaves_ends_its_query(large: Api) -> None:
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(
            large.sandbox.url,
            json={"from": 0, "to": 3600, "query": "from many", "mode": {"type": "xls"}},
            headers={"Authorization": f"Bearer {large.sandbox.token}"},
            verify=large.sandbox.ca_file,
            timeout=(30, 0.2),
        )
    idle(large)


def test_a_query_that_nobody_reads_any_more_ends_in_silence(
    large: Api, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox = large.sandbox
    body = json.dumps({"from": 0, "to": 3600, "query": "from many group by n select sum(n) as s"})
    headers = {"Authorization": f"Bearer {sandbox.token}", "Content-Type": "application/json"}
    trusted = ssl.create_default_context(cafile=sandbox.ca_file)
    for _ in range(5):
        asking = http.client.HTTPSConnection(sandbox.host, sandbox.port, context=trusted)
        asking.request("POST", "/search/query", body, headers)
        time.sleep(0.02)  # the query runs
        asking.close()
    idle(large)
    gc.collect()  # a future that nobody asked is told of when it goes
    assert "never retrieved" not in caplog.text
