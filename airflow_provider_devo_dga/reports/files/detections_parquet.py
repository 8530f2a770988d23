"""Detections as Parquet, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

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
            rows = [_row(detection, context) for detection in part]
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
            yield from part


def _row(detection: Detection, context: ReportContext) -> dict[str, Any]:
    return {
        "detection_id": detection_id(context, detection.reg_domain),
        "reg_domain": detection.reg_domain,
        "first_seen": detection.first_seen,
        "last_seen": detection.last_seen,
        "events_n": detection.events_n,
        "clients_n": detection.clients_n,
        "clients": list(detection.clients),
        "strongest_client_verdict": str(detection.verdict),
        "score": detection.score,
        "form": detection.form,
        "flagged": detection.flagged,
        "watched": detection.watched,
    }


def _schema() -> pa.Schema:
    import pyarrow as pa

    instant = pa.timestamp("ms", "UTC")
    return pa.schema(
        [
            pa.field("detection_id", pa.string(), nullable=False),
            pa.field("reg_domain", pa.string(), nullable=False),
            pa.field("first_seen", instant, nullable=False),
            pa.field("last_seen", instant, nullable=False),
            pa.field("events_n", pa.int64(), nullable=False),
            pa.field("clients_n", pa.int64(), nullable=False),
            pa.field("clients", pa.list_(pa.string())),
            pa.field("strongest_client_verdict", pa.string(), nullable=False),
            pa.field("score", pa.float64()),
            pa.field("form", pa.string(), nullable=False),
            pa.field("flagged", pa.bool_(), nullable=False),
            pa.field("watched", pa.bool_(), nullable=False),
        ]
    )
