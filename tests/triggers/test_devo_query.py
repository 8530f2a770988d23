"""DevoQueryTrigger waits for rows of a real sandbox without blocking, and ends with one event."""

from __future__ import annotations

import asyncio
import json
import math
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest

from airflow_provider_devo_dga.devo_api.condition import (
    Condition,
    NewerEvents,
    RowsAtLeast,
    Scalar,
    to_dict,
)
from airflow_provider_devo_dga.triggers.devo_query import DevoQueryTrigger
from tests.waiting import PATIENCE, until


def trigger_for(devo: Any, text: str, **changes: Any) -> DevoQueryTrigger:
    arguments = {
        "query": text,
        "from_": devo.window["from_"].isoformat(),
        "to": devo.window["to"].isoformat(),
        "condition": to_dict(RowsAtLeast(1)),
        "devo_conn_id": "devo_default",
        "poke_interval": 0.05,
        "deadline": time.time() + 2 * PATIENCE,
    }
    return DevoQueryTrigger(**(arguments | changes))


async def event_of(trigger: DevoQueryTrigger, seconds: float = PATIENCE) -> dict[str, Any]:
    async def only() -> dict[str, Any]:
        events = [event.payload async for event in trigger.run()]
        assert len(events) == 1
        return events[0]

    return await asyncio.wait_for(only(), seconds)


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return devo.table(n="int4")


async def test_it_fires_once_the_rows_are_there(devo: Any, table: str) -> None:
    waiting = asyncio.create_task(
        event_of(trigger_for(devo, f"from {table} select n", condition=to_dict(RowsAtLeast(2))))
    )
    await asyncio.to_thread(devo.load, table, [{"n": 1}])
    await until(lambda: len(devo.asked(table)) >= 2)
    assert not waiting.done()
    await asyncio.to_thread(devo.load, table, [{"n": 2}])
    assert await waiting == {"status": "success", "value": 2}
    assert '"limit": 2' in devo.asked(table)[-1]["body"]


@pytest.mark.parametrize(
    ("condition", "value"), [(Scalar(">=", 3, "s"), 3), (NewerEvents(), 1), (RowsAtLeast(1), 1)]
)
async def test_each_condition_waits_here_too(devo: Any, table: str, condition: Condition, value: int) -> None:
    query = (
        f"from {table}"
        if condition == NewerEvents()
        else f"from {table} group select sum(n) as s where s > 2"
    )
    trigger = trigger_for(devo, query, condition=to_dict(condition), lateness=1.0)
    waiting = asyncio.create_task(event_of(trigger))
    await until(lambda: len(devo.asked(table)) >= 2)
    end_ms = int(devo.window["to"].timestamp()) * 1000
    await asyncio.to_thread(devo.load, table, [{"n": 3}, {"n": 4, "eventdate": end_ms + 1000}])
    assert await waiting == {"status": "success", "value": value}


@pytest.mark.parametrize(
    "spelled", [{}, {"kind": "Odd"}, {"kind": "Scalar"}, {"kind": "RowsAtLeast", "rows": 0}]
)
async def test_a_condition_that_is_none_ends_it(devo: Any, table: str, spelled: dict[str, Any]) -> None:
    event = await event_of(trigger_for(devo, f"from {table}", condition=spelled))
    assert (event["status"], event["error"]) == ("error", "DevoPermanentError")


async def test_it_does_not_block_the_loop(devo: Any, table: str) -> None:
    waiting = asyncio.create_task(event_of(trigger_for(devo, f"from {table}"), seconds=30))
    longest, last = 0.0, time.monotonic()
    for _ in range(50):
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    waiting.cancel()
    assert len(devo.asked(table)) > 1
    assert longest < 0.5


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"query": "from no.such.table"}, "DevoQueryError", "Unknown table"),
        ({"query": ""}, "DevoQueryError", "empty"),
        ({"devo_conn_id": "wrong"}, "DevoAuthError", "Token invalid or expired"),
        ({"devo_conn_id": "stranger"}, "DevoConnectionConfigError", "certificate is not trusted"),
        ({"devo_conn_id": "no_ca"}, "DevoConnectionConfigError", "/no/such/ca.pem"),
        ({"devo_conn_id": "no_host"}, "DevoConnectionConfigError", "no host"),
        ({"from_": "yesterday"}, "DevoWindowError", "not an ISO 8601"),
        ({"to": "2026-01-01T08:00:00+00:00"}, "DevoWindowError", "has no length"),
    ],
)
async def test_what_can_never_hold_ends_it_with_the_error(
    devo: Any, table: str, connect: Any, changes: dict[str, Any], error: str, reason: str
) -> None:
    connect("wrong", password="not-the-token")
    connect("stranger", extra={"verify": True})
    connect("no_ca", extra={"verify": "/no/such/ca.pem"})
    connect("no_host", host=None)
    event = await event_of(trigger_for(devo, f"from {table}", **changes))
    assert (event["status"], event["error"]) == ("error", error)
    assert reason in event["message"]
    assert json.loads(json.dumps(event)) == event


@pytest.mark.parametrize(
    ("fault", "after"),
    [("http_503", 0), ("html_502", 0), ("empty_200", 0), ("e_mid", 1), ("cut_mid_row", 1), ("stall", 1)],
)
async def test_a_fault_that_may_pass_is_asked_again(
    devo: Any, connect: Any, table: str, fault: str, after: int
) -> None:
    connect("patient", extra={"timeout": 0.5, "retries": 0})
    devo.load(table, [{"n": 1}, {"n": 2}])
    devo.fault(fault, after_rows=after, times=2)
    trigger = trigger_for(devo, f"from {table}", condition=to_dict(RowsAtLeast(2)), devo_conn_id="patient")
    assert await event_of(trigger) == {"status": "success", "value": 2}
    assert len(devo.asked(table)) == 3


@pytest.mark.parametrize("fault", ["auth", "html_200", "launch_200"])
async def test_a_fault_that_cannot_pass_is_asked_once(devo: Any, table: str, fault: str) -> None:
    devo.fault(fault)
    assert (await event_of(trigger_for(devo, f"from {table}")))["status"] == "error"
    assert len(devo.asked(table)) == 1


async def test_a_dead_server_is_waited_for(devo: Any, connect: Any, table: str, dead_port: int) -> None:
    connect("away", port=dead_port)
    waiting = asyncio.create_task(event_of(trigger_for(devo, f"from {table}", devo_conn_id="away")))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    # the connection is read anew after a failure
    connect("away")
    await asyncio.to_thread(devo.load, table, [{"n": 1}])
    assert await waiting == {"status": "success", "value": 1}


async def test_a_window_that_is_not_over_is_not_asked_for(devo: Any, table: str) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    devo.load(table, [{"eventdate": int((end - timedelta(minutes=1)).timestamp()) * 1000, "n": 1}])
    window = {"from_": (end - timedelta(hours=1)).isoformat(), "to": end.isoformat()}
    waiting = asyncio.create_task(event_of(trigger_for(devo, f"from {table}", **window)))
    await asyncio.sleep(0.3)
    assert devo.asked(table) == []
    assert await waiting == {"status": "success", "value": 1}
    assert datetime.now(UTC) >= end


async def test_a_cancelled_wait_leaves_no_open_question(devo: Any, table: str) -> None:
    devo.fault("stall")
    waiting = asyncio.create_task(event_of(trigger_for(devo, f"from {table}")))
    await until(lambda: devo.asked(table))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await until(lambda: devo.sandbox.running == 0)


@pytest.mark.parametrize("late", [0.0, 3600.0], ids=["not satisfied", "not over"])
async def test_it_ends_at_its_deadline_after_a_last_question(devo: Any, table: str, late: float) -> None:
    trigger = trigger_for(devo, f"from {table}", lateness=late, poke_interval=0.5, deadline=time.time() + 0.2)
    if late:
        trigger.to = datetime.now(UTC).replace(microsecond=0).isoformat()
    assert await event_of(trigger) == {"status": "timeout", "last": "None" if late else "0"}
    assert len(devo.asked(table)) in ({0} if late else {1, 2})


async def test_a_restart_of_the_triggerer_does_not_move_the_deadline(devo: Any, table: str) -> None:
    _, arguments = trigger_for(devo, f"from {table}", deadline=time.time() - 60).serialize()
    assert (await event_of(DevoQueryTrigger(**arguments)))["status"] == "timeout"
    assert len(devo.asked(table)) == 1


async def test_without_a_deadline_it_asks_on(devo: Any, table: str) -> None:
    _, arguments = trigger_for(devo, f"from {table}", deadline=math.inf).serialize()
    waiting = asyncio.create_task(event_of(DevoQueryTrigger(**json.loads(json.dumps(arguments)))))
    await until(lambda: len(devo.asked(table)) >= 2)
    await asyncio.to_thread(devo.load, table, [{"n": 1}])
    assert (await waiting)["status"] == "success"


async def test_a_stalled_answer_does_not_outlast_the_deadline(
    devo: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_provider_devo_dga.triggers.devo_query._LAST_SECONDS", 0.1)
    devo.fault("stall")
    event = await event_of(trigger_for(devo, f"from {table}", deadline=time.time() + 0.2))
    assert event == {"status": "timeout", "last": "no answer"}
    await until(lambda: devo.sandbox.running == 0)


def test_json_brings_back_an_equal_trigger(devo: Any) -> None:
    trigger = trigger_for(devo, 'from t where a = "\u00f1"', condition=to_dict(RowsAtLeast(7)))
    path, arguments = json.loads(json.dumps(trigger.serialize()))
    module, _, name = path.rpartition(".")
    again = getattr(import_module(module), name)(**arguments)
    assert type(again) is DevoQueryTrigger
    assert again.serialize() == trigger.serialize()
    assert {key: vars(again)[key] for key in arguments} == {key: vars(trigger)[key] for key in arguments}


def test_airflow_can_store_it(devo: Any) -> None:
    from airflow.serialization.encoders import encode_trigger

    stored = json.loads(json.dumps(encode_trigger(trigger_for(devo, "from t"))))
    assert stored["classpath"] == "airflow_provider_devo_dga.triggers.devo_query.DevoQueryTrigger"


def test_nothing_secret_is_stored(devo: Any, devo_connections: None) -> None:
    assert devo.sandbox.token not in json.dumps(trigger_for(devo, "from t").serialize())
