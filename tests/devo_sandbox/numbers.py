"""A table of numbers, as large as one wants, put there without a detour over JSON."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from devo_sandbox.linq import types
from devo_sandbox.server import Sandbox


def fill(sandbox: Sandbox, table: str, count: int, start_ms: int, kind: types.Type = types.INT8) -> None:
    """Create a table with the numbers ``n`` from 0, an event each millisecond."""
    tables = sandbox.tenant.tables
    tables.create(table, {"eventdate": types.TIMESTAMP, "n": kind})
    numbers = np.arange(count, dtype={types.INT8: np.int64, types.INT4: np.int32}[kind])
    tables.insert(
        table, [pa.table([pa.array(start_ms + np.arange(count)), pa.array(numbers)], names=["c0", "c1"])]
    )
