"""Rows into a Parquet file, with Devo's types; one row group is written while the next one arrives."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from airflow_provider_devo_dga.devo_api.types import record_batch, schema
from airflow_provider_devo_dga.devo_api.wire import Batch, Column, Value

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_ROW_GROUP = 50_000
# Arrow takes a column of many rows at once, a batch off the network has a few dozen; of more than this,
# the values are out of the processor's cache when their turn comes
_CONVERTED = 1_000


class ParquetRows:
    """Writes batches to ``file``; at most two row groups are in memory, as Arrow.

    Arrow compresses without holding Python's lock, so a thread of its own makes use of a second core.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._writer: pq.ParquetWriter | None = None
        self._held: list[pa.RecordBatch] = []
        self._held_rows = 0
        self._arrived: list[list[Value]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="parquet")
        self._writing: Future[None] | None = None

    def write(self, batch: Batch) -> None:
        """Take a batch; raise what an earlier one's writing met."""
        self._arrived += batch.rows
        if len(self._arrived) >= _CONVERTED:
            self._convert(batch.columns)
        if self._held_rows >= _ROW_GROUP:
            self._flush(batch.columns)

    def close(self, columns: tuple[Column, ...]) -> None:
        """Write what is held, and the file's end."""
        with self._thread:
            self._convert(columns)
            self._flush(columns)
            self._wait()
        if self._writer is not None:
            self._writer.close()

    def abort(self) -> None:
        """End the thread, and the writer while its file is open: its destructor would write, too."""
        import pyarrow as pa

        with self._thread:
            wait([self._writing] if self._writing else [])
        if self._writer is not None:
            with suppress(OSError, pa.ArrowException):  # the file is about to be removed
                self._writer.close()

    def _convert(self, columns: tuple[Column, ...]) -> None:
        if self._arrived:
            self._held.append(record_batch(columns, self._arrived))
            self._held_rows += len(self._arrived)
            self._arrived = []

    def _flush(self, columns: tuple[Column, ...]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._wait()
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, schema(columns), compression="zstd")
        table = pa.Table.from_batches(self._held, schema(columns))
        self._held, self._held_rows = [], 0
        self._writing = self._thread.submit(self._writer.write_table, table)

    def _wait(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()
