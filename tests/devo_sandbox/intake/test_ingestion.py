"""Events as Devo's own clients send them: by syslog over TCP and TLS, and over HTTP."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
import trustme
from devo.api import Client, ClientConfig
from devo.sender import Sender, SenderConfigSSL, SenderConfigTCP

from devo_sandbox.server import Sandbox
from tests.devo_sandbox.conftest import TOKEN, Api

MANY = 10_000
LATE_S = 60
REQUEST = {"uri": "/a,b", "method": "GET", "statusCode": 200, "clientIpAddress": "203.0.113.7"}
CSV = ',203.0.113.7,"a ""b"", c",,/x,,GET,HTTP 1.1,404,12,3'


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with Sandbox(token=TOKEN) as sandbox:
        yield late(Api(sandbox))


def late(api: Api) -> Api:
    """Date events so that a closed window holds them: a query of an open one waits for its end."""
    api.sandbox.tenant.intake.late_s = LATE_S
    return api


@pytest.fixture
def start(fresh: Any) -> Callable[..., Api]:
    """Start further sandboxes."""
    return lambda **settings: late(fresh(**settings))


def address(api: Api) -> tuple[str, int]:
    assert api.sandbox.syslog is not None
    return api.sandbox.syslog["host"], api.sandbox.syslog["port"]


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory, api: Api) -> dict[str, str]:
    """A client's certificate of any authority, and the sandbox's authority to trust."""
    directory = tmp_path_factory.mktemp("client")
    certificate = trustme.CA().issue_cert("client.example.com")
    certificate.private_key_pem.write_to_path(str(directory / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(directory / "cert.pem"))
    return {
        "key": str(directory / "key.pem"),
        "cert": str(directory / "cert.pem"),
        "chain": str(api.sandbox.ca_file),
    }


Send = Callable[..., None]


@pytest.fixture
def send(api: Api) -> Send:
    """Send events with the official client and wait until it has closed."""

    def sent(tag: str, *messages: Any, config: Any = None, **options: Any) -> None:
        sender = Sender(config or SenderConfigTCP(address(api)))
        for message in messages:
            sender.send(tag=tag.encode() if isinstance(message, bytes) else tag, msg=message, **options)
        sender.flush_buffer()
        sender.close()

    return sent


def raw(api: Api, content: bytes) -> None:
    """Send bytes and wait for the sandbox to hang up."""
    with socket.create_connection(address(api), timeout=10) as line:
        line.sendall(content)
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b""


def rows(api: Api, table: str, columns: str = "message") -> list[Any]:
    now = int(time.time())
    found = api.rows(f"from {table} select {columns}", **{"from": now - 1000, "to": now})
    return [tuple(row.values()) if "," in columns else row[columns] for row in found]


def count(api: Api, table: str) -> int:
    client = Client(
        address=api.sandbox.url,
        auth={"token": TOKEN},
        config=ClientConfig(response="json/simple/compact", stream=True),
        verify=api.sandbox.ca_file,
    )
    now = int(time.time())
    dates = {"from": now - 1000, "to": now}
    *_, last = client.query(query=f"from {table} group select count() as n", dates=dates)
    return int(json.loads(last)["d"][0])


@pytest.mark.parametrize("way", ["tcp", "tls", "tls_without_certificate", "tcp_zip", "tls_zip"])
def test_all_that_the_official_sender_sends(
    api: Api, certified: dict[str, str], send: Send, way: str
) -> None:
    config: Any = SenderConfigTCP(address(api))
    if way.startswith("tls"):
        config = SenderConfigSSL(address(api), **({} if way.endswith("certificate") else certified))
    messages: list[Any] = [f"event {number}" for number in range(MANY)]
    zipped = way.endswith("zip")
    if zipped:
        messages = [message.encode() for message in messages]
    send(f"my.app.many.{way}", *messages, config=config, zip=zipped)
    assert count(api, f"my.app.many.{way}") == MANY
    assert rows(api, f"my.app.many.{way}")[::999] == [f"event {number}" for number in range(0, MANY, 999)]


def test_several_senders_at_once(api: Api, send: Send) -> None:
    def one(number: int) -> None:
        send("my.app.many.senders", *(f"{number} {place}" for place in range(1000)))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(rows(api, "my.app.many.senders"))) == 5000


def test_a_message_of_several_lines(api: Api, send: Send) -> None:
    send("my.app.text.lines", "one\ntwo <14>\n", "three", multiline=True)
    assert rows(api, "my.app.text.lines") == ["one\ntwo <14>", "three"]


def test_the_sender_as_a_handler_of_logging(api: Api) -> None:
    sender = Sender.for_logging(config=SenderConfigTCP(address(api)), tag="my.app.text.logging")
    logger = logging.Logger("events")
    logger.addHandler(sender)
    logger.warning("careful: é")
    sender.close()
    assert rows(api, "my.app.text.logging") == ["careful: é"]


def test_the_host_and_a_tag_with_a_hyphen(api: Api, send: Send) -> None:
    send("my.app.some-app.access-log", "x", hostname="web-1", date="2026-01-01 00:00:00")
    assert rows(api, "my.app.someApp.accessLog", "hostname, message") == [("web-1", "x")]


def test_tables_with_columns(api: Api, send: Send) -> None:
    send("demo.ecommerce.data", json.dumps(REQUEST), CSV)
    columns = "uri, method, statusCode, userAgent, cookie, str(clientIpAddress) as ip"
    assert rows(api, "demo.ecommerce.data", columns) == [
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


@pytest.mark.slow
def test_a_sender_cannot_create_tables_without_end(start: Any) -> None:
    api = start()
    lines = (f"<14>Jan  1 00:00:00 h my.app.t{number}: x\n" for number in range(600))
    raw(api, "".join(lines).encode())
    assert len([name for name in api.sandbox.tenant.tables.names if name.startswith("my.app.t")]) == 500
    assert len(rows(api, "unknown.unknown")) == 600 - 500


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        (b"no syslog\n", [("", "no syslog")]),
        (b"12 monkeys\n", [("", "12 monkeys")]),
        (b"<14>Jan  1 00:00:00 host no message\n", [("", "<14>Jan  1 00:00:00 host no message")]),
        (b"\n \r\n\x00\n", []),
        (b"\xff\xfe\n", [("", "\ufffd\ufffd")]),
        (b"a\x00b\n", [("", "a\x00b")]),
        (b"<14>Jan  1 00:00:00 h a.b: cut off", [("a.b", "cut off")]),
        (b"<14>Jan  1 00:00:00 h a.b: x\r\n", [("a.b", "x")]),
        (b"30 <14>Jan  1 00:00:00 h a.b: x\ny", [("a.b", "x\ny")]),
        (b"99 <14>Jan  1 00:00:00 h a.b: x", [("", "99 <14>Jan  1 00:00:00 h a.b: x")]),
        (
            gzip.compress(b"<14>Jan  1 00:00:00 h a.b: x\n", mtime=0) * 2 + b"last\n",
            [("a.b", "x")] * 2 + [("", "last")],
        ),
        (b"first\n" + gzip.compress(b"lost\n", mtime=0)[:-9] + b"broken", [("", "first")]),
    ],
)
def test_lines_that_are_odd(start: Any, content: bytes, stored: list[Any]) -> None:
    api = start(tls=False)
    raw(api, content)
    assert sorted(rows(api, "unknown.unknown", "tag, message")) == sorted(stored)


def test_a_line_that_is_too_long(start: Any) -> None:
    api = start()
    line = b"<14>Jan  1 00:00:00 h my.app.x.y: "
    raw(
        api,
        line
        + b"a" * (2 << 20)
        + b"\n"
        + line
        + b"kept\n"
        + b"3000000 "
        + line
        + b"b" * 2_999_966
        + line
        + b"z\n",
    )
    assert rows(api, "my.app.x.y") == ["kept", "z"]
    cut = rows(api, "unknown.unknown")
    assert [len(text) for text in cut] == [4097, 4097]
    assert [text[-1] for text in cut] == ["a", "b"]


def test_a_bomb_of_gzip_is_taken_piece_by_piece(start: Any) -> None:
    api = start()
    raw(api, gzip.compress(b"a" * (64 << 20)))
    assert [len(text) for text in rows(api, "unknown.unknown")] == [4097]


def test_late_events(start: Any) -> None:
    api = start()
    assert api.post("/_sandbox/ingestion", {"late_s": 600}).json() == {"late_s": 600}
    sent = time.time() * 1000
    raw(api, b"<14>Jan  1 00:00:00 h my.app.late.x: late\n")
    api.post("/_sandbox/ingestion", {"late_s": LATE_S})
    raw(api, b"<14>Jan  1 00:00:00 h my.app.late.x: in time\n")
    late, in_time = rows(api, "my.app.late.x", "eventdate, message")
    assert (late[1], in_time[1]) == ("late", "in time")
    assert abs(late[0] - (sent - 600_000)) < 5000
    for wrong in ({"late_s": -1}, {"late_s": "1"}, {}, {"late_s": 1, "x": 1}):
        assert api.post("/_sandbox/ingestion", wrong).status_code == 400


def test_an_open_query_sees_events_arrive(api: Api, send: Send) -> None:
    send("my.app.live.x", "before")
    body = {
        "from": int(time.time()) - 100,
        "query": "from my.app.live.x select message limit 2",
        "mode": {"type": "json/simple/compact"},
    }
    with requests.post(
        api.sandbox.url,
        json=body,
        headers={"Authorization": f"Bearer {TOKEN}"},
        verify=api.sandbox.ca_file,
        stream=True,
        timeout=10,
    ) as response:
        told = (line.strip() for line in response.iter_lines(chunk_size=1))
        lines = (line for line in told if line.startswith(b'{"d"'))
        assert next(lines) == b'{"d":["before"]}'
        send("my.app.live.x", "after")
        assert next(lines) == b'{"d":["after"]}'


def over_http(api: Api, method: str, path: str, **options: Any) -> requests.Response:
    return requests.request(
        method, api.sandbox.base_url + path, verify=api.sandbox.ca_file, timeout=30, **options
    )


def test_single_events_over_http(api: Api) -> None:
    path = f"/event/self/token!{TOKEN}/host-1/my.app.http.event"
    assert over_http(api, "GET", f"{path}?{quote('a b & c=é?')}").status_code == 204
    assert over_http(api, "POST", path, data="the body\nwhole").status_code == 204
    assert rows(api, "my.app.http.event", "hostname, message") == [
        ("host-1", "a b & c=é?"),
        ("host-1", "the body\nwhole"),
    ]


def test_many_events_over_http(api: Api) -> None:
    path = f"/stream/self/token!{TOKEN}/-/my.app.http.stream"
    lines = "\n".join(f"event {number}" for number in range(MANY)).encode()
    assert over_http(api, "POST", path, data=lines).status_code == 200
    zipped = over_http(
        api, "POST", path, data=gzip.compress(lines, mtime=0), headers={"Content-Encoding": "gzip"}
    )
    assert zipped.status_code == 200
    assert count(api, "my.app.http.stream") == 2 * MANY


def bomb(megabytes: int) -> bytes:
    """Return gzip of so many megabytes, without its end: the same one again and again, packed twice."""
    packer = zlib.compressobj(wbits=31)
    first, again = (packer.compress(b"x" * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * (megabytes - 1)


def test_what_http_refuses(api: Api) -> None:
    path = f"/stream/self/token!{TOKEN}/-/my.app.http.refused"
    assert over_http(api, "POST", path.replace(TOKEN, "wrong"), data="x").status_code == 403
    assert over_http(api, "GET", path).status_code == 405
    zipped = {"Content-Encoding": "gzip"}
    assert over_http(api, "POST", path, data=b"x", headers=zipped).status_code == 400
    assert (
        over_http(api, "POST", path, data=gzip.compress(b"x", mtime=0)[:-4], headers=zipped).status_code
        == 400
    )
    assert over_http(api, "POST", path, data=b"x" * (33 << 20)).status_code == 413
    assert over_http(api, "POST", path, data=bomb(300), headers=zipped).status_code == 413
    assert api.sandbox.tenant.tables.known("my.app.http.refused") is None


def test_the_log_keeps_no_token_of_a_path(api: Api) -> None:
    over_http(api, "GET", f"/event/self/token!{TOKEN}/-/my.app.http.log?x")
    log = over_http(api, "GET", "/_sandbox/requests", headers={"Authorization": f"Bearer {TOKEN}"})
    assert log.json()[-1]["path"] == "/event/self/token!***/-/my.app.http.log"
    assert TOKEN not in log.text


def test_events_outlast_a_restart(start: Any, tmp_path: Path) -> None:
    with Sandbox(token=TOKEN, data_dir=tmp_path) as sandbox:
        raw(late(Api(sandbox)), b"<14>Jan  1 00:00:00 h my.app.last.x: {}\n")
    api = start(data_dir=tmp_path)
    raw(api, b"<14>Jan  1 00:00:00 h my.app.last.x: again\n")
    assert rows(api, "my.app.last.x") == ["{}", "again"]


def test_no_syslog(start: Any) -> None:
    assert start(syslog_port=None).sandbox.syslog is None
