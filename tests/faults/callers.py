"""Everything by which this provider reads Devo's rows, called alike: each says what it delivered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_devo_dga.devo_api.async_reader import AsyncReader
from airflow_provider_devo_dga.devo_api.condition import RowsAtLeast, to_dict
from airflow_provider_devo_dga.devo_api.query import Query
from airflow_provider_devo_dga.devo_api.transport import transport_to
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from airflow_provider_devo_dga.triggers.devo_query import DevoQueryTrigger

if TYPE_CHECKING:
    import httpx

Kind = Literal["whole", "rows", "count", "poke", "trigger"]


@dataclass
class Asked:
    """What a caller is given, and what it delivers.

    :param rows: rows, or their number, that the caller's user has seen: none of them is taken back.
    """

    query: str
    window: Mapping[str, Any]
    completeness: Any
    folder: Path
    context: Mapping[str, Any]
    least: int
    rows: list[list[Any]] = field(default_factory=list)
    number: int | None = None
    conn_id: str = "faulty"

    @property
    def hook(self) -> DevoHook:
        return DevoHook(self.conn_id)

    @property
    def how(self) -> dict[str, Any]:
        return {**self.window, "completeness": self.completeness}

    @property
    def parsed(self) -> Query:
        return Query(self.query, Window(self.window["from_"], self.window["to"]))


def get_records(asked: Asked) -> None:
    asked.rows += [[*row.values()] for row in asked.hook.get_records(asked.query, **asked.how)]


def iter_rows(asked: Asked) -> None:
    for row in asked.hook.iter_rows(asked.query, **asked.how):
        asked.rows.append([*row.values()])


def to_file(asked: Asked) -> None:
    target = asked.folder / "rows.ndjson"
    asked.number = asked.hook.to_file(asked.query, target, file_format="ndjson", **asked.how).rows
    asked.rows += read(target)


def operator(asked: Asked) -> None:
    task = DevoQueryOperator(
        task_id="query",
        query=asked.query,
        output_path=f"file://{asked.folder}/rows.ndjson",
        file_format="ndjson",
        devo_conn_id=asked.conn_id,
        **asked.how,
    )
    asked.number = task.execute(asked.context)["rows"]  # type: ignore[arg-type]
    asked.rows += read(asked.folder / "rows.ndjson")


def count(asked: Asked) -> None:
    asked.number = asked.hook.count(asked.query, **asked.window)


def poke(asked: Asked) -> None:
    sensor = DevoQuerySensor(
        task_id="wait",
        query=asked.query,
        min_rows=asked.least,
        devo_conn_id=asked.conn_id,
        deferrable=False,
        **asked.window,
    )
    if (found := sensor.poke(asked.context)).is_done:  # type: ignore[arg-type]
        asked.number = found.xcom_value


def trigger(asked: Asked) -> None:
    event = asyncio.run(_event(asked))
    if event["status"] == "error":
        raise EventError(event["error"], event["message"])
    asked.number = event["value"]


def async_rows(asked: Asked) -> None:
    async def read_all() -> None:
        async with _client(asked) as client:
            settings = asked.hook.settings
            reader = AsyncReader(client, settings.endpoint, settings.limits.timeout)
            for batch in await reader.whole(asked.parsed, asked.completeness):
                asked.rows += batch.rows

    asyncio.run(read_all())


CALLERS: Mapping[str, tuple[Kind, Callable[[Asked], None]]] = {
    "get_records": ("whole", get_records),
    "iter_rows": ("rows", iter_rows),
    "to_file": ("whole", to_file),
    "count": ("count", count),
    "operator": ("whole", operator),
    "sensor": ("poke", poke),
    "trigger": ("trigger", trigger),
}
"""By kind: ``whole`` gives all rows at once, ``rows`` as they come, ``count`` their number; ``poke`` and
``trigger`` tell whether there are as many as are waited for."""


class EventError(Exception):
    """The error in a trigger's event, where only its name and words travel."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def read(file: Path) -> list[list[Any]]:
    return [[*json.loads(line).values()] for line in file.read_bytes().split(b"\n") if line]


async def _event(asked: Asked) -> dict[str, Any]:
    waiting = DevoQueryTrigger(
        query=asked.query,
        from_=asked.window["from_"].isoformat(),
        to=asked.window["to"].isoformat(),
        condition=to_dict(RowsAtLeast(asked.least)),
        devo_conn_id=asked.conn_id,
        poke_interval=0.02,
        deadline=time.time() + 60,
    )
    async with asyncio.timeout(20):
        events = [event.payload async for event in waiting.run()]
    assert len(events) == 1
    return events[0]


def _client(asked: Asked) -> httpx.AsyncClient:
    settings = asked.hook.settings
    return transport_to(settings.url, settings.verify, settings.limits).async_client()
