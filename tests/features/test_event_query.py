from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from airflow_provider_devo_dga.features.event_query import client_events_query
from airflow_provider_devo_dga.features.linq import HostSource
from airflow_provider_devo_dga.hooks.devo import DevoHook

HOSTS = ["www.Xqz.ru.", "xqz.ru", "notxqz.ru", "shop.com", 'a"b.com']


@pytest.mark.parametrize(("kind", "form"), [("host", "{}"), ("uri", "https://{}/path")])
def test_devo_shows_the_clients_events_of_the_names_and_no_others(
    devo: Any, devo_connections: None, kind: Any, form: str
) -> None:
    events = [
        {"host": form.format(host), "client": client}
        for host in HOSTS
        for client in ("10.0.0.7", "10.0.0.70")
    ]
    table = devo.table(events, host="str", client="ip4")
    source = HostSource(table, "host", "client", kind=kind)
    start, end = devo.window["from_"], devo.window["to"]

    def shown(domains: list[str], start: datetime = start, end: datetime = end) -> list[Any]:
        query = client_events_query(source, "10.0.0.7", domains, start=start, end=end)
        assert query is not None
        return [(row["dga_name"], row["client"]) for row in DevoHook().get_records(query, **devo.window)]

    assert shown(["xqz.ru"]) == [("www.xqz.ru", "10.0.0.7"), ("xqz.ru", "10.0.0.7")]
    assert len(shown([])) == len(HOSTS)
    assert len(shown(["line\nbreak.com"])) == len(HOSTS)
    assert shown(["xqz.ru"], end=start + timedelta(milliseconds=1)) == [("www.xqz.ru", "10.0.0.7")]
    assert shown(["xqz.ru"], start=end - timedelta(milliseconds=1)) == []


@pytest.mark.parametrize("client", ['x" or 1=1 or "', "\\", '\\" or true', "ñ", "a'b"])
def test_no_client_and_no_name_leaves_its_string(devo: Any, devo_connections: None, client: str) -> None:
    events = [{"host": "xqz.ru", "client": client}, {"host": "xqz.ru", "client": "another"}]
    table = devo.table(events, host="str", client="str")
    query = client_events_query(
        HostSource(table, "host", "client", kind="host"),
        client,
        ["xqz.ru", client],
        start=devo.window["from_"],
        end=devo.window["to"],
    )
    assert [row["client"] for row in DevoHook().get_records(query, **devo.window)] == [client]


def test_a_client_that_linq_cannot_name_has_no_query() -> None:
    now = datetime.now().astimezone()
    source = HostSource("t.t", "host", "client")
    assert client_events_query(source, "a\x00b", [], start=now, end=now) is None
