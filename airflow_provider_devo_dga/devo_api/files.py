"""Write the batches of a query to a file as they arrive: Parquet, CSV or NDJSON, in flat memory."""

from __future__ import annotations

import csv
import io
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

import orjson

from airflow_provider_devo_dga.devo_api.types import record_batch, schema
from airflow_provider_devo_dga.devo_api.wire import Batch, Column, Value
from airflow_provider_devo_dga.errors import DevoLimitError, DevoPermanentError
from airflow_provider_devo_dga.redaction import shown_uri
from airflow_provider_devo_dga.storage import StoragePath, publish

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

FileFormat = Literal["parquet", "csv", "ndjson"]
FILE_FORMATS: tuple[str, ...] = get_args(FileFormat)
_ROW_GROUP = 50_000
# Arrow takes a column of many rows at once, a batch off the network has a few dozen; of more than this,
# the values are out of the processor's cache when their turn comes
_CONVERTED = 1_000
_EVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A published file.

    :param bytes: size of the file.
    :param columns: names and Devo types, in order.
    """

    path: str
    rows: int
    bytes: int
    columns: tuple[Column, ...]


def check_format(file_format: str) -> None:
    """Refuse a format that cannot be written.

    :raises DevoPermanentError: names those that can.
    """
    if file_format not in FILE_FORMATS:
        meant = str(file_format).strip().lower().removeprefix(".")
        hint = f"; write {meant!r}" if meant in FILE_FORMATS else ""
        raise DevoPermanentError(
            f"Unknown file format {file_format!r}; there are {', '.join(FILE_FORMATS)}{hint}"
        )


def write_batches(
    batches: Iterable[Batch],
    target: StoragePath,
    file_format: str,
    *,
    max_rows: int | None = None,
    max_bytes: int | None = None,
    progress: Callable[[int], None] | None = None,
    owner: str = "",
    facts: Mapping[str, str] | None = None,
) -> WrittenFile:
    """Publish the rows of ``batches`` at ``target``; on any error there is no file.

    :param max_rows: more rows than this raise instead of filling the store.
    :param max_bytes: so does a larger file.
    :param progress: called with the rows so far after each batch.
    :param owner: who writes, see ``storage.publish``.
    :param facts: metadata of a Parquet file.
    :raises DevoLimitError: more rows or bytes than allowed.
    """
    check_format(file_format)
    rows = 0
    columns: tuple[Column, ...] = ()
    with publish(target, owner) as file, _writing(file, file_format, facts) as writer:
        for batch in batches:
            columns = batch.columns
            rows += len(batch.rows)
            if max_rows is not None and rows > max_rows:
                raise DevoLimitError(
                    f"The query gives more than max_rows={max_rows} rows; narrow it or raise the limit"
                )
            writer.write(batch)
            _check_size(file.tell(), max_bytes)
            if progress is not None:
                progress(rows)
        writer.close(columns)
        size = file.tell()
        _check_size(size, max_bytes)
    return WrittenFile(str(target), rows, size, columns)


def _check_size(size: int, max_bytes: int | None) -> None:
    if max_bytes is not None and size > max_bytes:
        raise DevoLimitError(
            f"The file is larger than max_bytes={max_bytes}; narrow the query or raise the limit"
        )


@contextmanager
def _writing(file: IO[bytes], file_format: str, facts: Mapping[str, str] | None) -> Iterator[_Writer]:
    writers: dict[str, Callable[[IO[bytes]], _Writer]]
    writers = {"parquet": partial(_Parquet, facts=facts), "csv": _Csv, "ndjson": _Ndjson}
    writer = writers[file_format](file)
    try:
        yield writer
    except BaseException:
        writer.abort()
        raise


class _Writer(ABC):
    """Writes batches to ``file``; this one holds nothing back."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    @abstractmethod
    def write(self, batch: Batch) -> None: ...

    def close(self, columns: tuple[Column, ...]) -> None:
        self.write(Batch(columns, []))

    def abort(self) -> None:
        return


class _Csv(_Writer):
    _has_header = False

    def write(self, batch: Batch) -> None:
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        if not self._has_header:
            lines.writerow(column.name for column in batch.columns)
            self._has_header = True
        lines.writerows(
            [orjson.dumps(value).decode() if isinstance(value, list | dict) else value for value in row]
            for row in batch.rows
        )
        self._file.write(text.getvalue().encode())


class _Ndjson(_Writer):
    def write(self, batch: Batch) -> None:
        names = [column.name for column in batch.columns]
        lines = (orjson.dumps(dict[str, Value](zip(names, row, strict=True))) for row in batch.rows)
        self._file.write(b"".join(line + b"\n" for line in lines))


class _Parquet(_Writer):
    """Holds at most two row groups in memory, as Arrow.

    Arrow compresses without holding Python's lock, so a thread of its own makes use of a second core.
    """

    def __init__(self, file: IO[bytes], facts: Mapping[str, str] | None = None) -> None:
        super().__init__(file)
        self._facts = facts
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
            named = schema(columns).with_metadata(self._facts)
            self._writer = pq.ParquetWriter(self._file, named, compression="zstd")
        table = pa.Table.from_batches(self._held, schema(columns))
        self._held, self._held_rows = [], 0
        self._writing = self._thread.submit(self._writer.write_table, table)

    def _wait(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()


class Progress:
    """Says every few seconds how many rows came, and how fast. Call it with the rows so far."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self._started = self._last = time.monotonic()
        self._last_rows = 0

    def __call__(self, rows: int) -> None:
        now = time.monotonic()
        if now - self._last >= _EVERY_SECONDS:
            rate = (rows - self._last_rows) / (now - self._last)
            self._log.info("%d rows so far, %.0f rows/s", rows, rate)
            self._last, self._last_rows = now, rows

    def done(self, written: WrittenFile) -> None:
        seconds = time.monotonic() - self._started
        self._log.info(
            "%d rows in %.1f s, %d bytes, complete, at %s",
            written.rows,
            seconds,
            written.bytes,
            shown_uri(written.path),
        )
