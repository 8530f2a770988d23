"""``DevoHook.iter_batches`` against the tutorial's loop: lists in the order of the columns, not dicts."""

from __future__ import annotations

from benchmarks import airflow, ecommerce, events, tutorial
from benchmarks.claim import Measured, Size


def run(size: Size) -> list[Measured]:
    """Count the rows of both."""
    rows = size.pick(1_000_000, 100_000)

    def ours(server: tutorial.Server) -> int:
        hook = airflow.hook(server.url, server.ca_file)
        return sum(len(batch.rows) for batch in hook.iter_batches(ecommerce.QUERY, **events.HOUR))

    def theirs(server: tutorial.Server) -> int:
        return sum(1 for _ in tutorial.dicts(server))

    claim = f"`DevoHook.iter_batches` over {rows:,} rows, against devo-sdk's loop over dicts"
    return [tutorial.compared(claim, 4, rows, ours, theirs)]
