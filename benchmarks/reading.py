"""A client reads as fast from the sandbox as it can read at all."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import requests

from benchmarks import events
from benchmarks.claim import Measured, Size, in_turns
from benchmarks.plain_server import PlainServer
from benchmarks.process import TOKEN, SandboxProcess
from devo_sandbox.linq import types
from devo_sandbox.tables.tables import Tables

QUERY = "from bench.many select eventdate, n, method"


def fill(tables: Tables, rows: int) -> None:
    """Make the table that is read here and in other measurements."""
    numbers = pa.array(np.arange(rows, dtype=np.int32))
    words = events.words(rows, ["GET", "POST", "HEAD", "PUT"])
    events.fill(tables, "bench.many", rows, {"n": (types.INT4, numbers), "method": (types.STR, words)})


def run(size: Size) -> list[Measured]:
    """Let devo-sdk's own loop read from both."""
    rows = size.pick(1_000_000, 100_000)
    with SandboxProcess(lambda tables: fill(tables, rows)) as sandbox, TemporaryDirectory() as name:
        answer = requests.post(
            sandbox.url,
            json={**events.WINDOW, "query": QUERY, "mode": {"type": "json/simple/compact"}},
            headers={"Authorization": f"Bearer {TOKEN}"},
            verify=sandbox.ca_file,
            timeout=600,
        ).content
        with PlainServer(answer, Path(name)) as plain:

            def read(address: str, ca_file: str) -> None:
                client = sandbox.client(address, ca_file)
                assert sum(1 for _ in client.query(query=QUERY, dates=events.WINDOW)) == rows

            ours, theirs = in_turns(
                lambda: read(sandbox.url, sandbox.ca_file), lambda: read(plain.url, str(plain.ca_file))
            )
    claim = f"devo-sdk reads {rows:,} rows, against a plain server that sends the same bytes"
    return [
        Measured(claim, ours / theirs, "×", 1.1, at_least=False, parts={"sandbox_s": ours, "plain_s": theirs})
    ]
