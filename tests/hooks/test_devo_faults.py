"""Each fault of the wire becomes one typed error, alike in a task and in the triggerer."""

from __future__ import annotations

import pickle
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from airflow_provider_devo_dga.client.drive import Limits, astream, http_options
from airflow_provider_devo_dga.client.query import Query, QueryExchange
from airflow_provider_devo_dga.client.window import Window
from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoError,
    DevoIncompleteError,
    DevoQueryError,
    DevoResultError,
    DevoTransientError,
)
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.sandbox.server import Sandbox

FAULTS = [
    ("auth", 0, DevoAuthError, "Token invalid or expired"),
    ("http_503", 0, DevoTransientError, "Service Unavailable"),
    ("html_502", 0, DevoTransientError, "Bad Gateway"),
    ("html_200", 0, DevoResultError, "begins '<html>"),
    ("launch_200", 0, DevoQueryError, "Unknown table `t`"),
    ("empty_200", 0, DevoIncompleteError, "not even its columns"),
    ("e_first", 0, DevoIncompleteError, "Error Launching Query"),
    ("e_mid", 1, DevoIncompleteError, "boom"),
    ("e_mid_escaped", 1, DevoIncompleteError, 'bo"om'),
    ("short_row", 1, DevoResultError, "Row 2"),
    ("cut_mid_row", 1, DevoIncompleteError, "cut inside a row, after 1 whole rows"),
    ("cut_chunked", 0, DevoTransientError, "No answer"),
    ("cut_chunked", 2, DevoIncompleteError, "broke after 2 rows"),
    ("stall", 0, DevoTransientError, "No answer"),
    ("stall", 2, DevoIncompleteError, "broke after 2 rows"),
]
ROWS = [{"n": number} for number in range(3)]


@pytest.fixture
def table(devo: Any) -> str:
    return devo.table(ROWS, n="int4")


@pytest.fixture
def once(connect: Any) -> DevoHook:
    """Return a hook that waits half a second and asks once."""
    connect("once", extra={"timeout": 0.5, "retries": 0})
    return DevoHook("once")


async def read_async(hook: DevoHook, query: str, window: dict[str, Any], retries: int = 0) -> list[Any]:
    settings = hook.settings
    asked = Query(query, Window(window["from_"], window["to"]))

    def new_exchange() -> QueryExchange:
        return QueryExchange(asked, settings.url, settings.credentials, int(time.time()) * 1000)

    async with httpx.AsyncClient(**http_options(settings.verify, settings.limits)) as client:
        batches = astream(client, new_exchange, Limits(settings.limits.timeout, retries))
        return [row async for batch in batches for row in batch.rows]


@pytest.mark.parametrize(("fault", "after", "kind", "reason"), FAULTS)
async def test_a_fault_has_its_error_in_both_drivers(
    devo: Any, table: str, once: DevoHook, fault: str, after: int, kind: type[DevoError], reason: str
) -> None:
    devo.fault(fault, after_rows=after, times=2)
    with pytest.raises(DevoError) as sync:
        once.get_records(f"from {table} select n", **devo.window)
    with pytest.raises(DevoError) as concurrent:
        await read_async(once, f"from {table} select n", devo.window)
    for caught in (sync.value, concurrent.value):
        assert type(caught) is kind
        assert reason in str(caught)
    assert str(sync.value).partition("[")[0] == str(concurrent.value).partition("[")[0]
    if kind is DevoIncompleteError:
        assert sync.value.rows_read == concurrent.value.rows_read == after
    assert len(devo.asked(table)) == 2


def test_a_query_refused_in_a_success_is_kept_with_its_error(devo: Any, table: str, once: DevoHook) -> None:
    devo.fault("launch_200")
    with pytest.raises(DevoQueryError) as caught:
        once.get_records(f"from {table} select n", **devo.window)
    assert caught.value.query == f"from {table} select n"


def test_a_cut_between_two_rows_is_seen_by_the_count_alone(devo: Any, table: str, once: DevoHook) -> None:
    devo.fault("cut_row", after_rows=2)
    assert len(once.get_records(f"from {table} select n", **devo.window)) == 2
    assert once.count(f"from {table} select n", **devo.window) == 3


@pytest.mark.parametrize("fault", ["http_503", "html_502", "cut_chunked"])
async def test_a_fault_that_passes_is_asked_again(
    devo: Any, table: str, devo_connections: None, no_pauses: None, fault: str
) -> None:
    hook = DevoHook()
    devo.fault(fault, times=2)
    assert hook.get_records(f"from {table} select n", **devo.window) == ROWS
    assert len(devo.asked(table)) == 3
    devo.fault(fault, times=2)
    rows = await read_async(hook, f"from {table} select n", devo.window, retries=3)
    assert rows == [[row["n"]] for row in ROWS]
    assert len(devo.asked(table)) == 6


def test_retries_end(devo: Any, table: str, devo_connections: None, no_pauses: None) -> None:
    devo.fault("http_503", times=10)
    with pytest.raises(DevoTransientError) as caught:
        DevoHook().get_records(f"from {table}", **devo.window)
    assert caught.value.status == 503
    assert len(devo.asked(table)) == 4


@pytest.mark.parametrize(
    ("fault", "after"), [("auth", 0), ("launch_200", 0), ("html_200", 0), ("e_mid", 1), ("cut_chunked", 1)]
)
def test_rows_are_never_read_twice_and_refusals_are_final(
    devo: Any, table: str, devo_connections: None, no_pauses: None, fault: str, after: int
) -> None:
    devo.fault(fault, after_rows=after)
    rows = DevoHook().iter_rows(f"from {table} select n", **devo.window)
    seen: list[Any] = []
    with pytest.raises(DevoError):
        seen.extend(rows)
    assert len(devo.asked(table)) == 1


async def test_keep_alives_do_not_stretch_the_timeout(devo: Any, connect: Any, table: str) -> None:
    # a window that ends in the future is held open with keep-alives; the hook refuses it, the driver does not
    connect("brief", extra={"timeout": 0.7, "retries": 0})
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    began = time.monotonic()
    with pytest.raises(DevoTransientError, match="within the connection's timeout"):
        await read_async(DevoHook("brief"), f"from {table}", {"from_": end - timedelta(hours=1), "to": end})
    assert time.monotonic() - began < 3


async def test_a_server_without_tls_is_a_wrong_address_not_a_passing_fault(devo: Any, connect: Any) -> None:
    with Sandbox(tls=False) as plain:
        connect("plain", port=plain.port)
        hook = DevoHook("plain")
        with pytest.raises(DevoConnectionConfigError, match="does not speak TLS"):
            hook.get_records("from demo.ecommerce.data", **devo.window)
        with pytest.raises(DevoConnectionConfigError, match="does not speak TLS"):
            await read_async(hook, "from demo.ecommerce.data", devo.window)


async def test_an_authority_that_is_not_trusted_is_no_passing_fault_either(devo: Any, connect: Any) -> None:
    connect("stranger", extra={"verify": True})
    with pytest.raises(DevoConnectionConfigError, match="certificate is not trusted"):
        await read_async(DevoHook("stranger"), "from demo.ecommerce.data", devo.window)


def test_the_error_of_a_fault_can_be_pickled(devo: Any, table: str, once: DevoHook) -> None:
    devo.fault("auth")
    with pytest.raises(DevoAuthError) as caught:
        once.get_records(f"from {table}", **devo.window)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (type(again), str(again)) == (DevoAuthError, str(caught.value))
