"""Events as Devo's own sender sends them, by syslog over TCP and TLS."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import pytest
import requests
from devo.sender import Sender, SenderConfigSSL, SenderConfigTCP

from tests.devo_sandbox.conftest import TOKEN, Api
from tests.devo_sandbox.intake.arrivals import Send, address, count, rows

MANY = 10_000


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
