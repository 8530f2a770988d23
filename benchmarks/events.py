"""Tables full of made-up events, put into a sandbox without a detour over JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from devo_sandbox.linq import types
from devo_sandbox.linq.types import Type
from devo_sandbox.tables.tables import Tables

START_MS = 1767225600000
HOUR_MS = 3_600_000
WINDOW = {"from": START_MS // 1000, "to": (START_MS + HOUR_MS) // 1000}
HOUR: dict[str, Any] = {
    "from_": datetime.fromtimestamp(WINDOW["from"], UTC),
    "to": datetime.fromtimestamp(WINDOW["to"], UTC),
}
BATCH = 1_000_000


def fill(tables: Tables, name: str, rows: int, columns: Mapping[str, tuple[Type, pa.Array]]) -> None:
    """Create a table of ``rows`` events, spread evenly over the hour."""
    tables.create(
        name, {"eventdate": types.TIMESTAMP, **{column: kind for column, (kind, _) in columns.items()}}
    )
    dates = pa.array(START_MS + np.arange(rows, dtype=np.int64) * HOUR_MS // rows)
    values = [dates, *(array for _, array in columns.values())]
    whole = pa.table(values, names=[f"c{place}" for place in range(len(values))])
    tables.insert(name, [whole.slice(start, BATCH) for start in range(0, rows, BATCH)])


def words(rows: int, choices: list[str]) -> pa.Array:
    """Return a column of words, each as likely as another."""
    chosen = np.random.default_rng(1).integers(0, len(choices), rows)
    return pa.array(choices).take(pa.array(chosen))
