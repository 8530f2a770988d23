"""Many triggers share one access to Devo: what one of them meets, or its end, is no matter of the others."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.devo_api.condition import RowsAtLeast, to_dict
from airflow_provider_devo_dga.devo_api.query import Query
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.errors import DevoTransientError
from airflow_provider_devo_dga.triggers import shared_access as module
from airflow_provider_devo_dga.triggers.devo_query import DevoQueryTrigger
from airflow_provider_devo_dga.triggers.shared_access import shared_access
from tests.waiting import PATIENCE, until


def trigger(devo: Any, text: str, conn_id: str = "devo_default") -> DevoQueryTrigger:
    return DevoQueryTrigger(
        query=text,
        from_=devo.window["from_"].isoformat(),
        to=devo.window["to"].isoformat(),
        condition=to_dict(RowsAtLeast(1)),
        devo_conn_id=conn_id,
        poke_interval=0.1,
        deadline=time.time() + 600,
    )


async def event_of(waiting: DevoQueryTrigger) -> Any:
    (event,) = [event.payload async for event in waiting.run()]
    return event


def query(devo: Any, table: str) -> Query:
    return Query(f"from {table}", Window(devo.window["from_"], devo.window["to"]))


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return devo.table(n="int4")


SUCCESS = {"status": "success", "value": 1}


async def test_users_of_one_connection_share_it_and_the_last_one_closes_it(devo: Any, table: str) -> None:
    async with shared_access("devo_default") as one:
        async with shared_access("devo_default") as other:
            assert one is other
            await other.whole(query(devo, table))
            client = one._client
            assert client is not None
        assert not client.is_closed
        await one.whole(query(devo, table))
        assert one._client is client
    assert client.is_closed
    async with shared_access("devo_default") as later:
        assert later is not one
        await later.whole(query(devo, table))


async def test_other_connections_are_apart(devo: Any, connect: Any, table: str) -> None:
    connect("other", password="not-the-token")
    async with shared_access("devo_default") as one, shared_access("other") as other:
        assert one is not other


async def test_cancelled_triggers_leave_the_others_alone(devo: Any, connect: Any, table: str) -> None:
    connect("narrow", extra={"concurrency": 2})
    devo.fault("stall", times=2)  # whoever asks first takes both slots, and keeps them
    cancelled = [asyncio.create_task(event_of(trigger(devo, f"from {table}", "narrow"))) for _ in range(2)]
    await until(lambda: len(devo.asked(table)) == 2)
    others = [asyncio.create_task(event_of(trigger(devo, f"from {table}", "narrow"))) for _ in range(20)]
    await asyncio.sleep(0.2)
    assert len(devo.asked(table)) == 2
    for task in cancelled:
        task.cancel()
    await until(lambda: len(devo.asked(table)) > 10)
    await asyncio.to_thread(devo.load, table, [{"n": 1}])
    assert await asyncio.wait_for(asyncio.gather(*others), PATIENCE) == [SUCCESS] * 20
    assert [type(one) for one in await asyncio.gather(*cancelled, return_exceptions=True)] == [
        asyncio.CancelledError,
        asyncio.CancelledError,
    ]
    await until(lambda: devo.sandbox.running == 0)


@pytest.mark.parametrize("fault", ["stall", "stall_headers", "keepalive_forever"])
async def test_bad_answers_give_their_places_back_at_the_timeout(
    devo: Any, connect: Any, table: str, fault: str
) -> None:
    connect("narrow", extra={"concurrency": 2, "timeout": 0.4})
    await asyncio.to_thread(devo.load, table, [{"n": 1}])
    devo.fault(fault, times=2, delay_s=0.1 if fault == "keepalive_forever" else 60)
    asking = [event_of(trigger(devo, f"from {table}", "narrow")) for _ in range(12)]
    assert await asyncio.wait_for(asyncio.gather(*asking), PATIENCE) == [SUCCESS] * 12


async def test_all_cancelled_at_once_close_it(devo: Any, table: str) -> None:
    tasks = [asyncio.create_task(event_of(trigger(devo, f"from {table}"))) for _ in range(30)]
    await until(lambda: len(devo.asked(table)) > 30)
    async with shared_access("devo_default") as access:
        client = access._client
    assert client is not None
    assert not client.is_closed
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert client.is_closed
    await until(lambda: devo.sandbox.running == 0)


async def test_an_error_in_one_does_not_hurt_the_others(devo: Any, table: str) -> None:
    wrong = [event_of(trigger(devo, text)) for text in ("from no.such.table", "from", "")]
    tasks = [asyncio.create_task(event_of(trigger(devo, f"from {table}"))) for _ in range(10)]
    events = await asyncio.wait_for(asyncio.gather(*wrong), PATIENCE)
    assert [event["error"] for event in events] == ["DevoQueryError"] * 3
    assert not any(task.done() for task in tasks)
    await asyncio.to_thread(devo.load, table, [{"n": 1}])
    assert await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE) == [SUCCESS] * 10


async def test_questions_at_once_are_as_many_as_the_connection_allows(
    devo: Any, connect: Any, table: str
) -> None:
    connect("narrow", extra={"concurrency": 3})
    tasks = [asyncio.create_task(event_of(trigger(devo, f"from {table}", "narrow"))) for _ in range(60)]
    seen = []
    while len(seen) < 100:
        seen.append(devo.sandbox.running)
        await asyncio.sleep(0.005)
    # an answer that has arrived is counted there until its end is dealt with
    assert 1 < max(seen) <= 2 * 3
    await asyncio.to_thread(devo.load, table, [{"n": 1}])
    assert await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE) == [SUCCESS] * 60


async def test_a_new_authority_does_not_break_questions_under_way(
    devo: Any, connect: Any, table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SETTINGS_SECONDS", 0.0)
    connect("renewed", extra={"concurrency": 1, "timeout": 1})
    devo.fault("stall")
    async with shared_access("renewed") as access:
        stalled = asyncio.create_task(access.whole(query(devo, table)))
        await until(lambda: devo.asked(table))
        queued = asyncio.create_task(access.whole(query(devo, table)))
        await asyncio.sleep(0.1)
        old = access._client
        copy = tmp_path / "ca.pem"
        shutil.copy(devo.sandbox.ca_file, copy)
        connect("renewed", extra={"concurrency": 1, "timeout": 1, "verify": str(copy)})
        after = asyncio.create_task(access.whole(query(devo, table)))
        with pytest.raises(DevoTransientError):
            await stalled
        assert [batch.rows for batch in await queued + await after] == [[], []]
        new = access._client
        assert new is not old
    assert old is not None
    assert new is not None
    assert old.is_closed
    assert new.is_closed


async def test_a_token_that_was_replaced_is_read_once_for_all(
    devo: Any, connect: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    read = module._read

    async def counted(conn_id: str) -> Any:
        reads.append(conn_id)
        return await read(conn_id)

    monkeypatch.setattr(module, "_read", counted)
    connect("rotated", password="yesterdays-t0ken")
    async with shared_access("rotated") as access:
        await access._current()
        connect("rotated")
        await asyncio.gather(*(access.whole(query(devo, table)) for _ in range(20)))
    assert reads == ["rotated"] * 2
    # a refused request is logged without its body
    assert 21 <= len(devo.asked(path="search/query")) <= 40


def test_each_loop_has_its_own(devo: Any, table: str) -> None:
    found: list[Any] = []
    together = threading.Barrier(2)

    async def wait() -> None:
        async with shared_access("devo_default") as access:
            await asyncio.to_thread(together.wait, 10)  # both loops are inside
            found.append((access, await access.whole(query(devo, table))))
            await asyncio.to_thread(together.wait, 10)

    threads = [threading.Thread(target=asyncio.run, args=(wait(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    (one, rows), (other, same) = found
    assert one is not other
    assert rows == same
    assert not any(module._accesses.values())
