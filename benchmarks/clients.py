"""A hundred clients at once are all served."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from benchmarks import events, reading
from benchmarks.claim import Measured, Size, seconds
from benchmarks.process import SandboxProcess

CLIENTS = 100


def run(size: Size) -> list[Measured]:
    """Let a hundred of devo-sdk's clients read at the same time."""
    rows = size.pick(2_000, 500)
    failed: list[BaseException] = []
    with SandboxProcess(lambda tables: reading.fill(tables, rows)) as sandbox:

        def read(_: int) -> None:
            try:
                found = sum(1 for _ in sandbox.client().query(query=reading.QUERY, dates=events.WINDOW))
                assert found == rows, f"{found} rows"
            except Exception as error:  # noqa: BLE001 - whatever it is, it counts
                failed.append(error)

        with ThreadPoolExecutor(CLIENTS) as pool:
            took = seconds(lambda: list(pool.map(read, range(CLIENTS))))
    claim = f"{CLIENTS} clients at once read {rows:,} rows each"
    parts = {"took_s": took, "errors": [repr(error)[:200] for error in failed[:5]]}
    return [Measured(claim, len(failed), "errors", 0, at_least=False, parts=parts)]
