"""A thousand deferred sensors wait in one event loop, and leave it free.

As a command it takes the address of a sandbox and the file of its authority, defers the sensors, says
``waiting``, and prints what it saw once all of them have fired.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import requests

from benchmarks import airflow, events
from benchmarks.claim import Measured, Size
from benchmarks.own_memory import Rise
from benchmarks.process import TOKEN, SandboxProcess
from benchmarks.tutorial import Server
from devo_sandbox.linq import types

SENSORS = 1_000
CONCURRENCY = 16
POKE_SECONDS = 8.0
TABLE = "bench.awaited"
COLUMNS = {"eventdate": types.TIMESTAMP, "n": types.INT4}
TICK = 0.01


def run(size: Size) -> list[Measured]:
    """Let them ask in vain for a while, load what they wait for, and see each fire."""
    asked_in_vain = size.pick(30, 12)
    with SandboxProcess(lambda tables: tables.create(TABLE, COLUMNS)) as sandbox:
        command = [sys.executable, "-m", "benchmarks.sensors", sandbox.url, sandbox.ca_file]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "waiting\n"
            time.sleep(asked_in_vain)
            _load(sandbox)
            seen = json.loads(child.stdout.readline())
        assert child.returncode == 0
    together = f"{SENSORS:,} deferred sensors in one event loop"
    parts = {"poke_interval_s": POKE_SECONDS, "waited_s": asked_in_vain, **seen}
    return [
        Measured(
            f"99 of 100 delays of the event loop, {together}",
            seen["lag_p99_ms"],
            "ms",
            100,
            at_least=False,
            parts=parts,
        ),
        Measured(f"more memory for {together}", seen["more_mb"], "MB", 300, at_least=False, parts=parts),
        Measured(f"lost, {together}", SENSORS - seen["fired"], "sensors", 0, at_least=False, parts=parts),
        Measured(
            f"questions at once, {together}",
            seen["most_connections"],
            "questions",
            CONCURRENCY,
            at_least=False,
            parts=parts,
        ),
    ]


def _load(sandbox: SandboxProcess) -> None:
    """Send the one event that each sensor waits for."""
    awaited = ({"eventdate": events.START_MS + number, "n": number} for number in range(SENSORS))
    answer = requests.post(
        sandbox.url.replace("search/query", f"_sandbox/tables/{TABLE}/events"),
        data="\n".join(map(json.dumps, awaited)),
        headers={"Authorization": f"Bearer {TOKEN}"},
        verify=sandbox.ca_file,
        timeout=60,
    )
    assert answer.json() == {"inserted": SENSORS}, answer.text


async def wait_for_all(server: Server, begun: Callable[[], None]) -> dict[str, Any]:
    """Run a trigger for each sensor, and watch the loop, the memory and the connections meanwhile.

    :param begun: called when all of them are about to ask.
    """
    airflow.connect(server.url, server.ca_file, concurrency=CONCURRENCY)
    from airflow_provider_devo_dga.devo_api.condition import RowsAtLeast, to_dict
    from airflow_provider_devo_dga.triggers.devo_query import DevoQueryTrigger

    async def fires(number: int) -> Any:
        trigger = DevoQueryTrigger(
            query=f"from {TABLE} where n = {number}",
            from_=events.HOUR["from_"].isoformat(),
            to=events.HOUR["to"].isoformat(),
            condition=to_dict(RowsAtLeast(1)),
            devo_conn_id=airflow.CONNECTION,
            poke_interval=POKE_SECONDS,
            deadline=time.time() + 3600,
        )
        return [event.payload async for event in trigger.run()]

    rise = Rise()
    watch = Watch()
    watching = asyncio.create_task(watch.lag()), asyncio.create_task(watch.connections(server))
    begun()
    found = await asyncio.gather(*map(fires, range(SENSORS)))
    for task in watching:
        task.cancel()
    return {
        "fired": sum(payloads == [{"status": "success", "value": 1}] for payloads in found),
        "more_mb": rise.megabytes(),
        "lag_p99_ms": percentile(watch.lags, 0.99) * 1000,
        "lag_p50_ms": percentile(watch.lags, 0.5) * 1000,
        "lag_most_ms": percentile(watch.lags, 1) * 1000,
        # of which the loop itself used the processor; the rest, it waited for one
        "busy_p99_ms": percentile(watch.busy, 0.99) * 1000,
        "most_connections": watch.most_connections,
    }


class Watch:
    """Tasks that look at the event loop from within."""

    def __init__(self) -> None:
        self.lags: list[float] = []
        self.busy: list[float] = []
        self.most_connections = 0

    async def lag(self) -> None:
        """Sleep again and again; what a sleep takes longer than asked for, the loop was busy."""
        while True:
            started, ran = time.perf_counter(), time.thread_time()
            await asyncio.sleep(TICK)
            self.lags.append(time.perf_counter() - started - TICK)
            self.busy.append(time.thread_time() - ran)

    async def connections(self, server: Server) -> None:
        """Count the open connections; they are kept for seconds, so none that a question needed is missed."""
        port = int(server.url.rsplit(":", 1)[1].split("/")[0])
        process = psutil.Process(os.getpid())
        while True:
            opened = await asyncio.to_thread(process.net_connections, "tcp")
            to_sandbox = [one for one in opened if one.raddr and one.raddr.port == port]
            self.most_connections = max(self.most_connections, len(to_sandbox))
            await asyncio.sleep(0.5)


def percentile(times: list[float], share: float) -> float:
    """Return the time that this share of all does not exceed."""
    return sorted(times)[round(share * (len(times) - 1))]


def _main() -> None:
    told = sys.stdout
    # Airflow logs to stdout, which is a pipe that nobody reads while the sensors wait
    with Path(os.devnull).open("w") as log, contextlib.redirect_stdout(log):
        seen = asyncio.run(
            wait_for_all(Server(*sys.argv[1:]), lambda: print("waiting", file=told, flush=True))
        )
    print(json.dumps(seen))


if __name__ == "__main__":
    _main()
