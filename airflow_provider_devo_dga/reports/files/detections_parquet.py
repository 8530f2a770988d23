"""Detections as Parquet, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, TYPE_CHECKING

from airflow_provider_devo_dga.reports.evidence.context import ReportContext
from airflow_provider_devo_dga.reports.files.columns import COLUMNS, Kind
from airflow_provider_devo_dga.reports.files.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 10_000


def parquet_written(records: Iterable[Record], context: ReportContext, file: IO[bytes]) -> Iterator[Record]:
    """Yield the records, each written as a row; at the end the file is whole, even without a row.

    Its metadata name the window, the table and the model.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    facts = {
        "window_start": context.window_start.isoformat(),
        "window_end": context.window_end.isoformat(),
        "table": context.table,
        "model": context.model_name,
        "model_version": context.model_version or "",
    }
    schema = _schema().with_metadata(facts)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        unread = iter(records)
        while part := list(islice(unread, BATCH_ROWS)):
            columns = [
                pa.array([column.value(record) for record in part], kind)
                for column, kind in zip(COLUMNS, schema.types, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
            yield from part


def _schema() -> pa.Schema:
    import pyarrow as pa

    types = {
        Kind.TEXT: pa.string(),
        Kind.TEXTS: pa.list_(pa.string()),
        Kind.COUNT: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.FLAG: pa.bool_(),
        Kind.INSTANT: pa.timestamp("ms", "UTC"),
    }
    return pa.schema(
        [pa.field(column.name, types[column.kind], nullable=not column.always) for column in COLUMNS]
    )
