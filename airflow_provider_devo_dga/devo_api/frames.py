"""Rows as Arrow, and as the data frames that are made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, get_args

from airflow_provider_devo_dga.devo_api.types import record_batch, schema
from airflow_provider_devo_dga.devo_api.wire import Batch, Value
from airflow_provider_devo_dga.errors import DevoPermanentError

if TYPE_CHECKING:
    import pyarrow as pa

FrameType = Literal["pandas", "polars"]
_ROWS = 10_000


def check_frame_type(df_type: str) -> None:
    """Refuse a kind of data frame that cannot be made here, before Devo is asked.

    :raises DevoPermanentError: says which there are, or what to install.
    """
    if df_type not in get_args(FrameType):
        raise DevoPermanentError(f"df_type is {' or '.join(get_args(FrameType))}, not {df_type!r}")
    try:
        import_module(df_type)
    except ImportError:
        raise DevoPermanentError(f"df_type={df_type!r} needs its package: pip install {df_type}") from None


def arrow_reader(batches: Iterator[Batch]) -> pa.RecordBatchReader:
    """Return a reader of the rows as they arrive, 10,000 at a time.

    :param batches: of a whole answer; the first one tells the columns.
    """
    import pyarrow as pa

    first = next(batches)
    return pa.RecordBatchReader.from_batches(schema(first.columns), _record_batches(first, batches))


def data_frame(table: pa.Table, df_type: str) -> Any:
    """Return a data frame; whole numbers stay whole numbers, also in pandas beside nulls."""
    if df_type == "polars":
        return import_module("polars").from_arrow(table)
    import pandas as pd
    import pyarrow as pa

    whole = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype()}
    return table.to_pandas(types_mapper=whole.get)


def _record_batches(first: Batch, others: Iterable[Batch]) -> Iterator[pa.RecordBatch]:
    held: list[list[Value]] = []
    for batch in chain([first], others):
        held += batch.rows
        if len(held) >= _ROWS:
            yield record_batch(first.columns, held)
            held = []
    if held:
        yield record_batch(first.columns, held)
