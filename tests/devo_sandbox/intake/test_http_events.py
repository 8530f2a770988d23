"""Events over HTTP."""

from __future__ import annotations

import gzip
import zlib
from typing import Any
from urllib.parse import quote

import requests

from tests.devo_sandbox.conftest import TOKEN, Api
from tests.devo_sandbox.intake.arrivals import count, rows

MANY = 10_000


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
