"""Detections as Parquet, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, TYPE_CHECKING

from airflow_provider_devo_dga.reports.evidence.context import ReportContext
from airflow_provider_devo_dga.reports.evidence.detection import Detection
from airflow_provider_devo_dga.reports.files.ecs import detection_id

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 10_000


def parquet_written(
    detections: Iterable[Detection], context: ReportContext, file: IO[bytes]
) -> Iterator[Detection]:
    """Yield the detections, each written as a row; at the end the file is whole, even without a row.

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
        unread = iter(detections)
        while part := list(islice(unread, BATCH_ROWS)):
            rows = [
                vars(detection)
                | {
                    "detection_id": detection_id(context, detection.reg_domain),
                    "strongest_client_verdict": str(detection.verdict),
                }
                for detection in part
            ]
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
            yield from part


def _schema() -> pa.Schema:
    import pyarrow as pa

    columns = {
        "detection_id": pa.string(),
        "reg_domain": pa.string(),
        "first_seen": pa.timestamp("ms", "UTC"),
        "last_seen": pa.timestamp("ms", "UTC"),
        "events_n": pa.int64(),
        "clients_n": pa.int64(),
        "clients": pa.list_(pa.string()),
        "strongest_client_verdict": pa.string(),
        "score": pa.float64(),
        "form": pa.string(),
        "flagged": pa.bool_(),
        "watched": pa.bool_(),
    }
    return pa.schema(
        [pa.field(*column, nullable=column[0] in {"clients", "score"}) for column in columns.items()]
    )
