"""A long answer is streamed: the server's memory does not grow with it."""

from __future__ import annotations

import requests

from benchmarks import events, reading
from benchmarks.claim import Measured, Size
from benchmarks.process import MIB, TOKEN, SandboxProcess

EVERY = 4 * MIB


def run(size: Size) -> list[Measured]:
    """Read a tenth of the rows, then all, without keeping them, and look at the server meanwhile."""
    rows = size.pick(10_000_000, 2_000_000)
    with SandboxProcess(lambda tables: reading.fill(tables, rows)) as sandbox:
        # Puts the table in order and into memory.
        _read(sandbox, "from bench.many group by method select sum(n) as s, max(eventdate) as e")
        first = _read(sandbox, f"{reading.QUERY} limit {rows // 10}")
        seen = _read(sandbox, reading.QUERY)
    claim = f"more memory for the server to stream {rows:,} rows than a tenth of them"
    parts = {"tenth_mib": max(first), "all_mib": max(seen)}
    return [Measured(claim, max(seen) - max(first), "MiB", 64, at_least=False, parts=parts)]


def _read(sandbox: SandboxProcess, query: str) -> list[float]:
    """Return the server's memory at each few megabytes of the answer."""
    body = {**events.WINDOW, "query": query, "mode": {"type": "json/simple/compact"}}
    with requests.post(
        sandbox.url,
        json=body,
        headers={"Authorization": f"Bearer {TOKEN}"},
        verify=sandbox.ca_file,
        stream=True,
        timeout=600,
    ) as answer:
        seen: list[float] = []
        size, last = 0, b""
        for piece in answer.iter_content(MIB):
            size, last = size + len(piece), piece
            if size >= len(seen) * EVERY:
                seen.append(sandbox.memory_mib())
        assert last.rstrip().endswith(b"}"), last[-100:]
    return seen
