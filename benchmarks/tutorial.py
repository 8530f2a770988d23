"""Reading Devo in the way of the tutorial, devo-sdk's loop over dicts; and the servers to read from."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import ecommerce, events
from benchmarks.claim import Measured, seconds
from benchmarks.plain_server import PlainServer
from benchmarks.process import TOKEN

TURNS = 4
_ROW_GROUP = 50_000


@dataclass(frozen=True, slots=True)
class Server:
    """Where to ask, and whom to trust."""

    url: str
    ca_file: str


@dataclass(frozen=True, slots=True)
class Servers:
    """A plain server that sends what a sandbox answered once, and that sandbox."""

    plain: Server
    sandbox: Server
    directory: Path


@cache
def servers(rows: int) -> Servers:
    """Start both, once a run; they end with it."""
    stack = ExitStack()
    directory = Path(stack.enter_context(TemporaryDirectory(prefix="devo-bench-")))
    sandbox = stack.enter_context(ecommerce.process(rows))
    plain = stack.enter_context(PlainServer(ecommerce.answer(sandbox), directory))
    atexit.register(stack.close)  # now: what a TemporaryDirectory registers would else run first
    return Servers(
        Server(plain.url, str(plain.ca_file)), Server(sandbox.url, str(sandbox.ca_file)), directory
    )


def dicts(server: Server) -> Iterator[dict[str, Any]]:
    """Yield the rows as the tutorial does."""
    from devo.api import SIMPLECOMPACT_TO_OBJ, Client, ClientConfig

    config = ClientConfig(response="json/simple/compact", processor=SIMPLECOMPACT_TO_OBJ, stream=True)
    client = Client(
        address=server.url, auth={"token": TOKEN}, config=config, verify=server.ca_file, timeout=600
    )
    yield from client.query(query=ecommerce.QUERY, dates=events.WINDOW, ip_as_string=True)


def parquet(server: Server, target: Path, schema: pa.Schema) -> int:
    """Write the rows of the loop to a Parquet file; return how many."""
    count = 0
    held: list[dict[str, Any]] = []
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for row in dicts(server):
            count += 1
            held.append(row)
            if len(held) == _ROW_GROUP:
                writer.write_table(pa.Table.from_pylist(held, schema))
                held = []
        writer.write_table(pa.Table.from_pylist(held, schema))
    return count


def compared(
    claim: str, bar: float, rows: int, ours: Callable[[Server], int], theirs: Callable[[Server], int]
) -> Measured:
    """Return how many times as fast ``ours`` is, in turns, reading the same bytes; both return the rows."""
    known = servers(rows)

    def check(read: Callable[[Server], int], server: Server) -> None:
        assert read(server) == rows

    turns = [
        (*_times(lambda: check(ours, known.plain)), *_times(lambda: check(theirs, known.plain)))
        for _ in range(TURNS)
    ]
    # the fastest of each: what else the machine does only ever adds
    mine, mine_cpu, loop, loop_cpu = (min(times) for times in zip(*turns, strict=True))
    parts = {
        "hook_cpu_s": mine_cpu,
        "tutorial_cpu_s": loop_cpu,
        "hook_rows_per_s": rows / mine,
        "tutorial_rows_per_s": rows / loop,
        "hook_rows_per_s_from_sandbox": rows / seconds(lambda: check(ours, known.sandbox)),
        "tutorial_rows_per_s_from_sandbox": rows / seconds(lambda: check(theirs, known.sandbox)),
    }
    return Measured(claim, loop / mine, "×", bar, at_least=True, parts=parts)


def _times(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long ``work`` takes, and this process's processor time, which other work hardly changes."""
    started = time.process_time()
    return seconds(work), time.process_time() - started
