"""``DevoHook.to_file`` against the tutorial's loop, whose dicts pyarrow writes to a like Parquet file."""

from __future__ import annotations

import pyarrow.parquet as pq

from benchmarks import airflow, ecommerce, events, tutorial
from benchmarks.claim import Measured, Size


def run(size: Size) -> list[Measured]:
    """Write the same rows with the same types, compression and size of row groups."""
    rows = size.pick(1_000_000, 100_000)
    directory = tutorial.servers(rows).directory
    mine, plain = directory / "hook.parquet", directory / "tutorial.parquet"

    def ours(server: tutorial.Server) -> int:
        hook = airflow.hook(server.url, server.ca_file)
        return hook.to_file(ecommerce.QUERY, mine, **events.HOUR).rows

    ours(tutorial.servers(rows).plain)
    schema = pq.read_schema(mine)

    def theirs(server: tutorial.Server) -> int:
        return tutorial.parquet(server, plain, schema)

    claim = f"`DevoHook.to_file` writes {rows:,} rows to Parquet, against devo-sdk's loop and pyarrow"
    measured = tutorial.compared(claim, 3, rows, ours, theirs)
    assert pq.read_table(mine).equals(pq.read_table(plain))
    return [measured]
