"""Register Python operations that take and give whole Arrow columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

if TYPE_CHECKING:
    import duckdb


def register(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    operation: Callable[..., pa.Array],
    parameters: Sequence[str],
    result: str,
) -> None:
    """Make ``operation`` known as ``name``.

    It is declared volatile though it is not: DuckDB then never computes it a second time in a condition
    pushed down, and never moves it.
    """
    connection.create_function(
        name,
        operation,
        [*parameters],
        result,
        type=PythonUDFType.ARROW,
        null_handling=FunctionNullHandling.SPECIAL,
        side_effects=True,
    )


def distinct(column: pa.ChunkedArray | pa.Array) -> tuple[list[Any], pa.Array]:
    """Return the distinct values of a column, and for each row the place of its own."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = whole.dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices
