"""Detections as Parquet, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from airflow_provider_devo_dga.reports.ecs import detection_id

if TYPE_CHECKING:
    import pyarrow as pa

    from airflow_provider_devo_dga.reports.summary import ReportSummary

BATCH_ROWS = 10_000


def write_detections_parquet(summary: ReportSummary, file: IO[bytes]) -> None:
    """Write one row for each detection; a file without rows when there is none.

    The file's metadata name the window, the table and the model.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    context = summary.context
    facts = {
        "window_start": context.window_start.isoformat(),
        "window_end": context.window_end.isoformat(),
        "table": context.table,
        "model": context.model_name,
        "model_version": context.model_version or "",
    }
    schema = _schema().with_metadata(facts)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        rows = _rows(summary)
        while part := list(islice(rows, BATCH_ROWS)):
            writer.write_batch(pa.RecordBatch.from_pylist(part, schema=schema))


def _rows(summary: ReportSummary) -> Iterator[dict[str, Any]]:
    for detection in summary.all_detections():
        yield {
            "detection_id": detection_id(summary.context, detection.reg_domain),
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
