"""A group over five minutes costs what DuckDB itself needs for it."""

from __future__ import annotations

from typing import Any

from benchmarks import events
from benchmarks.claim import Measured, Size, in_turns
from devo_sandbox.linq import types
from devo_sandbox.server import Sandbox

METHODS = ["GET", "POST", "HEAD", "PUT"]
LINQ = "from bench.web group every 5m by method select count() as n"
SQL = """
    SELECT c0 // 300000 * 300000 AS bucket, c1, count(*) FROM {table}
    WHERE c0 >= {start} AND c0 < {end} GROUP BY 1, 2 ORDER BY 1, 2
"""


def run(size: Size) -> list[Measured]:
    """Ask the sandbox over HTTP, and DuckDB with SQL typed by hand."""
    import requests

    # With fewer, what a request costs at all would weigh too much.
    rows = size.pick(10_000_000, 5_000_000)
    with Sandbox() as sandbox:
        tables = sandbox.tenant.tables
        events.fill(tables, "bench.web", rows, {"method": (types.STR, events.words(rows, METHODS))})
        table = tables.get("bench.web")
        assert table is not None
        end = events.START_MS + events.HOUR_MS
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {sandbox.token}"
        body = {**events.WINDOW, "query": LINQ, "mode": {"type": "json/compact"}}

        def linq() -> list[Any]:
            said: list[Any] = session.post(
                sandbox.url, json=body, verify=sandbox.ca_file, timeout=600
            ).json()["object"]["d"]
            return said

        def typed() -> list[Any]:
            return (
                tables.cursor()
                .execute(SQL.format(table=table.sql_name, start=events.START_MS, end=end))
                .fetchall()
            )

        assert [row[2] for row in linq()] == [row[2] for row in typed()]
        ours, theirs = in_turns(linq, typed, 7)
    claim = f"`group every 5m by` over {rows:,} events, against the same SQL typed into DuckDB"
    return [
        Measured(
            claim, ours / theirs, "×", 1.3, at_least=False, parts={"sandbox_s": ours, "duckdb_s": theirs}
        )
    ]
