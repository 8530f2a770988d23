"""Every fault, watched on a bare socket, and the whole answer that follows it."""

from __future__ import annotations

import base64
import contextlib
import io
import itertools
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from devo_sandbox.faults.fault_kinds import KINDS
from devo_sandbox.server import Sandbox
from tests.devo_sandbox.conftest import EVENTS, TOKEN, Api
from tests.devo_sandbox.wire import Seen, watch
from tests.model_files import onnx_bytes

IMAGE = onnx_bytes()
COMPACT = {
    "from": 1767225600,
    "to": 1767229200,
    "query": "from demo.ecommerce.data select uri, statusCode",
    "mode": {"type": "json/simple/compact"},
}
DOCUMENT = {**COMPACT, "mode": {"type": "json"}}
ROWS = len(EVENTS)


@pytest.fixture(scope="module")
def plain() -> Iterator[Api]:
    """A sandbox without TLS, for its bytes to be seen."""
    with Sandbox(token=TOKEN, tls=False) as sandbox:
        models = sandbox.tenant.models
        told = models.upload(io.BytesIO(IMAGE), "ONNX", "m.onnx")
        models.save({"name": "m", "engine": "ONNX", "image": {"id": told["imageId"], "size": told["size"]}})
        api = Api(sandbox)
        assert api.load("demo.ecommerce.data", EVENTS).status_code == 201
        yield api


def closed(seen: Seen) -> bool:
    return seen.end == "closed" and seen.content == b""


def answered(status: int, test: Callable[[Seen], Any] = lambda seen: True) -> Callable[[Seen], bool]:
    return lambda seen: seen.status == status and seen.whole and seen.end == "closed" and bool(test(seen))


def html(seen: Seen) -> bool:
    return seen.head["content-type"].startswith("text/html") and seen.body.startswith(b"<html>")


def rows(seen: Seen) -> int:
    return sum(line.startswith(b'{"d":') for line in seen.lines)


def silent_for(seen: Seen, seconds: float) -> bool:
    moments = [0.0, *(moment for moment, _ in seen.parts)]
    return any(b - a >= seconds for a, b in itertools.pairwise(moments))


def names(seen: Seen) -> list[str]:
    return [column["name"] for column in json.loads(seen.lines[0])["metadata"]]


def image(seen: Seen) -> bytes:
    return base64.b64decode(json.loads(seen.body)["image"]["image"])


def in_halves(seen: Seen) -> bool:
    sizes = [part for _, part in seen.parts if len(part) > 2]
    return len(sizes) > 2 * ROWS and silent_for(seen, 0.01) and rows(seen) == ROWS


ON_THE_WIRE: dict[str, Callable[[Seen], Any]] = {
    "refuse": closed,
    "reset": lambda seen: seen.end == "reset" and seen.content == b"",
    "auth": answered(403, lambda seen: json.loads(seen.body)["code"] == 5),
    "auth_401": answered(401, lambda seen: json.loads(seen.body)["code"] == 12),
    "login_302": answered(302, lambda seen: "login" in seen.head["location"]),
    "http_503": answered(503),
    "http_429": answered(429, lambda seen: seen.head["retry-after"] == "1"),
    "html_502": answered(502, html),
    "html_200": answered(200, html),
    "bad_param": answered(400, lambda seen: json.loads(seen.body)["object"]),
    "odd_error": answered(500, lambda seen: isinstance(json.loads(seen.body), list)),
    "odd_error_null": answered(500, lambda seen: None in json.loads(seen.body)["object"]),
    "odd_error_text": answered(500, lambda seen: "code" in json.loads(seen.body)["error"]),
    "launch_200": answered(200, lambda seen: json.loads(seen.body)["msg"] == "Error Launching Query"),
    "error_200": answered(200, lambda seen: [*json.loads(seen.body)] == ["error"]),
    "empty_200": answered(200, lambda seen: seen.body == b""),
    "e_first": answered(200, lambda seen: seen.body.startswith(b'{"e":[500')),
    "e_first_busy": answered(200, lambda seen: b"Processing" in seen.body),
    "stall_headers": lambda seen: silent_for(seen, 0.25) and seen.parts[0][0] >= 0.25 and rows(seen) == ROWS,
    "e_mid": answered(200, lambda seen: seen.lines[3] == b'{"e":[500,"boom"]}' and rows(seen) == 2),
    "e_mid_escaped": answered(200, lambda seen: seen.lines[3] == b'{"e": [500, "bo\\"om"]}'),
    "short_row": answered(200, lambda seen: len(json.loads(seen.lines[3])["d"]) == 1 and rows(seen) == ROWS),
    "long_row": answered(200, lambda seen: len(json.loads(seen.lines[3])["d"]) == 3 and rows(seen) == ROWS),
    "bad_utf8": answered(200, lambda seen: b"\xff" in seen.lines[3]),
    "error_column": answered(200, lambda seen: names(seen) == ["error_code", "statusCode"]),
    "dup_col": answered(
        200, lambda seen: names(seen) == ["uri", "uri"] and seen.lines[0].count(b'"uri":{') == 2
    ),
    "cut_row": lambda seen: (
        {"content-length", "transfer-encoding"}.isdisjoint(seen.head)
        and seen.end == "closed"
        and rows(seen) == 2
        and seen.sent.endswith(b"\r\n")
    ),
    "cut_mid_row": lambda seen: seen.end == "closed" and not seen.sent.endswith(b"\r\n") and rows(seen) == 3,
    "cut_chunked": lambda seen: seen.chunked and seen.end == "closed" and not seen.whole and rows(seen) == 2,
    "reframed": answered(200, lambda seen: seen.chunked and rows(seen) == 2),
    "reset_mid": lambda seen: seen.end == "reset" and rows(seen) == 2,
    "stall": lambda seen: silent_for(seen, 0.25) and seen.whole and rows(seen) == ROWS,
    "keepalive_forever": lambda seen: seen.end == "open" and seen.body.endswith(b"   ") and rows(seen) == 2,
    "slow_drip": in_halves,
    "json_status": answered(200, lambda seen: json.loads(seen.body)["status"] == 500),
    "json_error": answered(200, lambda seen: b'],"error": [500,"boom"]}' in seen.body),
    "length_long": lambda seen: (
        int(seen.head["content-length"]) == len(seen.sent) + 100 and seen.end == "closed"
    ),
    "length_short": lambda seen: int(seen.head["content-length"]) == len(seen.sent) // 2,
    "job_5xx": answered(503),
    "job_errors": answered(200, lambda seen: json.loads(seen.body)["object"]["error"] == ["boom"]),
    "login_200": answered(200, html),
    "save_fails": answered(500),
    "models_html_200": answered(200, html),
    "models_empty_object": answered(200, lambda seen: seen.body == b"{}"),
    "slow_upload": lambda seen: seen.parts[0][0] >= 0.25,
    "image_altered": answered(200, lambda seen: image(seen) == IMAGE[:-1] + bytes([IMAGE[-1] ^ 1])),
}
REQUESTS: dict[str, tuple[str, str, Any]] = {
    "job_5xx": ("GET", "/search/job/1", None),
    "job_errors": ("GET", "/search/job/1", None),
    "json_status": ("POST", "/search/query", DOCUMENT),
    "json_error": ("POST", "/search/query", DOCUMENT),
    "login_200": ("POST", "/mlmodelmanager/models", {"name": "m"}),
    "save_fails": ("POST", "/mlmodelmanager/models", {"name": "m"}),
    "models_html_200": ("GET", "/mlmodelmanager/models", None),
    "models_empty_object": ("GET", "/mlmodelmanager/models/m?fast=True", None),
    "slow_upload": ("POST", "/mlmodelmanager/models/images/upload", {}),
    "image_altered": ("GET", "/mlmodelmanager/models/m?fast=False", None),
}
WAITS = {"stall_headers": 0.3, "stall": 0.3, "slow_upload": 0.3, "keepalive_forever": 0.05, "slow_drip": 0.01}


def plan(api: Api, **wanted: Any) -> requests.Response:
    return api.post("/_sandbox/faults", wanted)


def test_every_fault_is_watched() -> None:
    assert [*ON_THE_WIRE] == [*KINDS]


@pytest.mark.parametrize("fault", KINDS)
def test_on_the_wire(plain: Api, fault: str) -> None:
    method, path, body = REQUESTS.get(fault, ("POST", "/search/query", COMPACT))
    seconds = 0.5 if fault == "keepalive_forever" else 5

    def seen() -> Seen:
        return watch(plain.sandbox.port, method, path, TOKEN, body, seconds=seconds)

    well = seen()
    with contextlib.suppress(ValueError, KeyError, IndexError, TypeError):
        assert not ON_THE_WIRE[fault](well)
    wait = {"delay_s": WAITS[fault]} if fault in WAITS else {}
    assert plan(plain, fault=fault, after_rows=2, times=2, **wait).status_code == 201
    for _ in range(2):
        broken = seen()
        assert ON_THE_WIRE[fault](broken), broken
    after = seen()
    assert (after.status, after.whole, after.end) == (well.status, True, "closed")
    assert len(after.body) == len(well.body)


def test_a_reset_below_tls(fresh: Any) -> None:
    api = fresh()
    plan(api, fault="reset")
    came, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context(cafile=api.sandbox.ca_file).wrap_bio(
        came, leaving, server_hostname="127.0.0.1"
    )
    with socket.create_connection(("127.0.0.1", api.sandbox.port), timeout=5) as line:
        while not shaken(tls):
            line.sendall(leaving.read())
            came.write(line.recv(65536))
        tls.write(b"POST /search/query HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        line.sendall(leaving.read())
        with pytest.raises(ConnectionResetError):
            read_to_the_end(line)


def read_to_the_end(line: socket.socket) -> None:
    while line.recv(65536):
        pass


def shaken(tls: ssl.SSLObject) -> bool:
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"fault": "nope"}, "known: refuse, reset, auth"),
        ({"fault": "auth", "rows": 1}, "unknown field 'rows'; known: fault, match"),
        ({"fault": "auth", "times": 0}, "times is a count"),
        ({"fault": "auth", "after_rows": -1}, "after_rows is a count"),
        ({"fault": "auth", "delay_s": "1"}, "delay_s is a number"),
        ({"fault": "auth", "match": "search"}, "match is the beginning of a path"),
        ({"fault": "auth", "method": 1}, "method is a text"),
    ],
)
def test_faults_that_cannot_be(plain: Api, wanted: dict[str, Any], reason: str) -> None:
    refused = plain.post("/_sandbox/faults", wanted)
    assert refused.status_code == 400
    assert reason in refused.json()["object"][0]


def get(api: Api, path: str, method: str = "GET") -> Any:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return requests.request(method, api.sandbox.base_url + path, headers=headers, timeout=10)


def test_only_matching_requests_are_struck(plain: Api) -> None:
    plan(plain, fault="http_503", match="/mlmodelmanager", method="get")
    assert plain.query("from demo.ecommerce.data").status_code == 200
    assert get(plain, "/_sandbox/faults").json()["waiting"] == [
        {
            "fault": "http_503",
            "match": "/mlmodelmanager",
            "method": "GET",
            "times": 1,
            "after_rows": 0,
            "delay_s": None,
        }
    ]
    assert get(plain, "/mlmodelmanager/models").status_code == 503
    assert get(plain, "/mlmodelmanager/models").status_code == 200


def test_the_admin_is_never_struck(plain: Api) -> None:
    plan(plain, fault="refuse", match="/")
    assert [kind["fault"] for kind in get(plain, "/_sandbox/faults").json()["known"]] == [*KINDS]
    assert get(plain, "/_sandbox/faults", "DELETE").status_code == 200
    assert get(plain, "/_sandbox/faults").json()["waiting"] == []
    assert plain.query("from demo.ecommerce.data").status_code == 200


def test_the_log_tells_what_was_answered(plain: Api) -> None:
    assert get(plain, "/_sandbox/requests", "DELETE").status_code == 200
    plan(plain, fault="cut_row")
    plain.query("from demo.ecommerce.data", mode={"type": "json/simple/compact"})
    plan(plain, fault="refuse")
    with pytest.raises(requests.ConnectionError):
        plain.query("from demo.ecommerce.data")
    get(plain, "/mlmodelmanager/models/x?fast=True")
    told = [
        (entry["path"], entry["query"], entry["status"], entry["fault"])
        for entry in get(plain, "/_sandbox/requests").json()
        if not entry["path"].startswith("/_sandbox")
    ]
    assert told == [
        ("/search/query", "", 200, "cut_row"),
        ("/search/query", "", None, "refuse"),
        ("/mlmodelmanager/models/x", "fast=True", 204, None),
    ]


def test_a_refusal_is_not_spoilt(plain: Api) -> None:
    plan(plain, fault="cut_row")
    assert plain.query("from no.such").status_code == 500


@pytest.mark.parametrize(
    ("mode", "error"), [("json/simple", b'["error",500,"boom"]'), ("csv", b"devo.api.error,500,boom")]
)
def test_errors_speak_the_format(plain: Api, mode: str, error: bytes) -> None:
    plan(plain, fault="e_mid", after_rows=1)
    lines = plain.query(COMPACT["query"], mode={"type": mode}).content.split()
    assert lines[-1] == error
