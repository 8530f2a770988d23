"""A long answer is streamed: the server's memory does not grow with it."""

from __future__ import annotations

import requests

from benchmarks import events, reading
from benchmarks.claim import Measured, Size
from benchmarks.process import MIB, TOKEN, SandboxProcess

EVERY = 4 * MIB


def run(size: Size) -> Measured:
    """Read rows without keeping them and look at the server meanwhile, from the first tenth on."""
    rows = size.pick(10_000_000, 2_000_000)
    with SandboxProcess(lambda tables: reading.fill(tables, rows)) as sandbox:
        first = _read(sandbox, f"{reading.QUERY} limit {rows // 10}")
        seen = _read(sandbox, reading.QUERY)
    settled = seen[len(seen) // 10]
    claim = f"rise of the server's memory while it streams {rows:,} rows"
    parts = {"after_first_tenth_mib": settled, "highest_mib": max(seen), "before_mib": max(first)}
    return Measured(claim, max(seen) - settled, "MiB", 64, at_least=False, parts=parts)


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
