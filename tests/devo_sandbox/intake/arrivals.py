"""Send bytes to a sandbox, and read what of them has become events."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

from devo.api import Client, ClientConfig

from tests.devo_sandbox.conftest import TOKEN, Api

LATE_S = 60
Send = Callable[..., None]


def late(api: Api) -> Api:
    """Date events so that a closed window holds them: a query of an open one waits for its end."""
    api.sandbox.tenant.intake.late_s = LATE_S
    return api


def address(api: Api) -> tuple[str, int]:
    assert api.sandbox.syslog is not None
    return api.sandbox.syslog["host"], api.sandbox.syslog["port"]


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
