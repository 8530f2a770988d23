"""The bytes of an answer, queries that follow, and faults on purpose."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

TABLE = "from demo.ecommerce.data"
TYPES = [
    ("eventdate", "timestamp"),
    ("a", "str"),
    ("b", "int4"),
    ("c", "float8"),
    ("d", "bool"),
    ("e", "ip4"),
    ("f", "float4"),
]


@pytest.fixture(scope="module")
def kinds(api: Any) -> str:
    body = {"columns": [{"name": name, "type": kind} for name, kind in TYPES]}
    assert api.post("/_sandbox/tables/kinds", body).status_code == 201
    full = {
        "eventdate": 1767225600001,
        "a": 'q"\u2028,\té',
        "b": -1,
        "c": 0.1,
        "d": True,
        "e": "10.0.0.1",
        "f": 0.1,
    }
    assert api.load("kinds", [full, {"eventdate": 1767225600002}]).json() == {"inserted": 2}
    return "from kinds"


def body(api: Any, text: str, mode: str, **fields: Any) -> str:
    response = api.query(text, mode={"type": mode}, **fields)
    assert response.status_code == 200, response.text
    return response.content.decode()


def test_json_simple_compact(api: Any, kinds: str) -> None:
    head, *rows = body(api, kinds, "json/simple/compact").split("\r\n")
    assert head.startswith('{"m":{"eventdate":{"type":"timestamp","index":0},"a":{"type":"str","index":1}')
    assert json.loads(head)["metadata"] == [{"name": name, "type": kind} for name, kind in TYPES]
    assert rows == [
        '{"d":[1767225600001,"q\\"\u2028,\\té",-1,0.1,true,167772161,0.1]}',
        '{"d":[1767225600002,null,null,null,null,null,null]}',
        "",
    ]


def test_json_simple(api: Any, kinds: str) -> None:
    assert body(api, f"{kinds} select b, e, a limit 1", "json/simple", ipAsString=True) == (
        '{"b":-1,"e":"10.0.0.1","a":"q\\"\u2028,\\té"}\r\n'
    )


def test_csv_and_tsv(api: Any, kinds: str) -> None:
    assert body(api, kinds, "csv") == (
        "eventdate,a,b,c,d,e,f\n"
        '2026-01-01 00:00:00.001,"q""\u2028,\té",-1,0.1,true,167772161,0.1\n'
        "2026-01-01 00:00:00.002,,,,,,\n"
    )
    assert body(api, f"{kinds} select b, d limit 1", "tsv") == "b\td\n-1\ttrue\n"


def test_an_array_in_csv_is_json(api: Any, kinds: str) -> None:
    text = f"{kinds} select [1, b] as x, [1.5, c] as y limit 1"
    assert body(api, text, "csv") == 'x,y\n"[1,-1]","[1.5,0.1]"\n'


def test_documents(api: Any, kinds: str) -> None:
    document = json.loads(body(api, f"{kinds} select b, c", "json/compact"))
    assert list(document) == ["msg", "timestamp", "cid", "status", "object"]
    assert list(document["object"]) == ["m", "metadata", "d"]
    assert document["object"]["d"] == [[-1, 0.1], [None, None]]
    assert json.loads(body(api, f"{kinds} select b", "json"))["object"] == [{"b": -1}, {"b": None}]


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("json/simple", ""),
        ("csv", "b\n"),
        (
            "json/simple/compact",
            '{"m":{"b":{"type":"int4","index":0}},"metadata":[{"name":"b","type":"int4"}]}\r\n',
        ),
    ],
)
def test_no_rows(api: Any, kinds: str, mode: str, wanted: str) -> None:
    assert body(api, f"{kinds} where b = 7 select b", mode) == wanted


def test_no_rows_in_a_document(api: Any, kinds: str) -> None:
    assert json.loads(body(api, f"{kinds} where b = 7 select b", "json"))["object"] == []
    assert json.loads(body(api, f"{kinds} where b = 7 select b", "json/compact"))["object"]["d"] == []


def test_infinity_is_null(api: Any, kinds: str) -> None:
    huge = f"c * {'9' * 300}.0 * {'9' * 300}.0"
    assert api.rows(f"{kinds} select {huge} as x, [{huge}] as y limit 1") == [{"x": None, "y": [None]}]


@pytest.mark.parametrize(
    ("mode", "last"),
    [
        ("json/simple/compact", '{"e":[500,"Error Processing Query"]}\r\n'),
        ("json/simple", '["error",500,"Error Processing Query"]\r\n'),
        ("json", '],"error": [500,"Error Processing Query"]}'),
        ("json/compact", ']},"e": [500,"Error Processing Query"]}'),
        ("csv", "devo.api.error,500,Error Processing Query\n"),
        ("tsv", "devo.api.error\t500\tError Processing Query\n"),
    ],
)
def test_a_failure_on_the_way(api: Any, kinds: str, mode: str, last: str) -> None:
    text = f"{kinds} select b * 9223372036854775807 * 2 as x"
    assert body(api, text, mode).endswith(last)


def test_keep_alives_while_waiting_for_the_end(api: Any) -> None:
    end = int(time.time()) + 2
    text = f"{TABLE} group select count() as n"
    window = {"from": "1h", "to": end}
    chosen: list[str] = []
    csv = threading.Thread(
        target=lambda: chosen.append(
            body(api, text, "csv", keepAlive={"type": "token", "token": "PING"}, **window)
        )
    )
    csv.start()
    content = body(api, text, "json", **window)
    assert time.time() >= end
    assert json.loads(content)["object"] == [{"n": 0}]
    assert "    " in content
    csv.join()
    assert chosen[0].replace("PING", "") == "n\n0\n"
    assert "PING" in chosen[0]


def test_a_query_that_follows(fresh: Callable[..., Any]) -> None:
    from devo_sandbox.tenant import Habits

    api = fresh(habits=Habits(keep_alive_s=0.1, poll_s=0.02))
    now = int(time.time() * 1000)
    api.load("demo.ecommerce.data", [{"eventdate": now, "uri": "first"}])
    fields = {
        "from": "1h",
        "to": None,
        "query": f"{TABLE} select uri limit 3",
        "mode": {"type": "json/simple"},
    }
    response = requests.post(
        api.sandbox.url,
        json=fields,
        headers={"Authorization": f"Bearer {api.sandbox.token}"},
        verify=api.sandbox.ca_file,
        stream=True,
        timeout=10,
    )
    lines = (line for line in response.iter_lines(chunk_size=1) if line.strip())
    assert json.loads(next(lines)) == {"uri": "first"}
    # Late by eventdate, but new: it is sent all the same.
    api.load("demo.ecommerce.data", [{"eventdate": now - 5000, "uri": "second"}])
    assert json.loads(next(lines)) == {"uri": "second"}
    api.load(
        "demo.ecommerce.data",
        [{"eventdate": now + 1, "uri": "third"}, {"eventdate": now + 2, "uri": "fourth"}],
    )
    assert json.loads(next(lines)) == {"uri": "third"}
    assert list(lines) == []


def test_a_query_that_follows_ends_with_its_client(fresh: Callable[..., Any]) -> None:
    api = fresh()
    fields = {"from": "1h", "query": TABLE, "mode": {"type": "json/simple/compact"}}
    before = set(threading.enumerate())
    response = requests.post(
        api.sandbox.url,
        json=fields,
        headers={"Authorization": f"Bearer {api.sandbox.token}"},
        verify=api.sandbox.ca_file,
        stream=True,
        timeout=10,
    )
    lines = response.iter_lines(chunk_size=1)
    assert next(lines).startswith(b'{"m":')
    time.sleep(0.3)
    assert api.sandbox.running == 1
    response.close()
    deadline = time.monotonic() + 30
    while api.sandbox.running and time.monotonic() < deadline:
        time.sleep(0.02)
    assert api.sandbox.running == 0
    # the worker that read it, and waits for another; threads of other names are not the sandbox's queries
    started = [t for t in set(threading.enumerate()) - before if t.name.startswith("sandbox-")]
    assert len(started) <= 1


def broken(
    api: Any, fault: str, text: str = f"{TABLE} select uri, statusCode", after: int = 1
) -> requests.Response:
    assert api.post("/_sandbox/faults", {"fault": fault, "after_rows": after}).status_code == 201
    return api.query(text, mode={"type": "json/simple/compact"})


def test_faults_instead_of_an_answer(api: Any) -> None:
    statuses = {
        name: broken(api, name).status_code
        for name in ("auth", "http_503", "html_502", "html_200", "launch_200")
    }
    assert statuses == {"auth": 403, "http_503": 503, "html_502": 502, "html_200": 200, "launch_200": 200}
    assert broken(api, "empty_200").content == b""
    assert broken(api, "e_first").content.startswith(b'{"e":[500')
    assert api.query(TABLE).status_code == 200


def test_faults_after_rows(api: Any) -> None:
    lines = broken(api, "e_mid").content.split(b"\r\n")
    assert lines[2:] == [b'{"e":[500,"boom"]}', b""]
    assert broken(api, "e_mid_escaped").content.endswith(b'{"e": [500, "bo\\"om"]}\r\n')
    assert json.loads(broken(api, "short_row").content.split(b"\r\n")[2]) == {
        "d": ["/product.screen?product_id=7"]
    }


def test_cuts(api: Any) -> None:
    whole = api.query(f"{TABLE} select uri, statusCode", mode={"type": "json/simple/compact"}).content
    cut = broken(api, "cut_row", after=2)
    assert "transfer-encoding" not in cut.headers
    assert cut.content == b"".join(whole.splitlines(keepends=True)[:3])
    half = broken(api, "cut_mid_row", after=2).content
    assert whole.startswith(half)
    assert not half.endswith(b"\n")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        broken(api, "cut_chunked")


def test_a_stall(api: Any) -> None:
    assert api.post("/_sandbox/faults", {"fault": "stall", "after_rows": 1}).status_code == 201
    with pytest.raises(requests.exceptions.ConnectionError, match="Read timed out"):
        requests.post(
            api.sandbox.url,
            json={
                "from": 1767225600,
                "to": 1767229200,
                "query": TABLE,
                "mode": {"type": "json/simple/compact"},
            },
            headers={"Authorization": f"Bearer {api.sandbox.token}"},
            verify=api.sandbox.ca_file,
            timeout=0.5,
        )


def test_faults_that_are_none(api: Any) -> None:
    assert api.post("/_sandbox/faults", {"fault": "nope"}).status_code == 400
    assert api.post("/_sandbox/faults", {"fault": "e_mid", "times": 0}).status_code == 400
