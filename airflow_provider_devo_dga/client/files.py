"""Write the batches of a query to a file as they arrive: Parquet, CSV or NDJSON, in flat memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal, Protocol, get_args

import orjson

from airflow_provider_devo_dga.client.drive import Batch
from airflow_provider_devo_dga.client.types import record_batch, schema
from airflow_provider_devo_dga.client.wire import Column, Value
from airflow_provider_devo_dga.errors import DevoPermanentError
from airflow_provider_devo_dga.storage import StoragePath, publish

if TYPE_CHECKING:
    import pyarrow.parquet as pq

FileFormat = Literal["parquet", "csv", "ndjson"]
FILE_FORMATS: tuple[str, ...] = get_args(FileFormat)
_ROW_GROUP = 50_000


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


class _Writer(Protocol):
    def write(self, columns: tuple[Column, ...], rows: list[list[Value]]) -> None: ...

    def close(self, columns: tuple[Column, ...]) -> None: ...


def write_batches(
    batches: Iterable[Batch],
    target: StoragePath,
    file_format: str,
    *,
    max_rows: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> WrittenFile:
    """Publish the rows of ``batches`` at ``target``; on any error there is no file.

    :param max_rows: more rows than this raise instead of filling the store.
    :param progress: called with the rows so far after each batch.
    :raises DevoPermanentError: more than ``max_rows`` rows, or an unknown format.
    """
    if file_format not in FILE_FORMATS:
        raise DevoPermanentError(f"Unknown file format {file_format!r}; there are {', '.join(FILE_FORMATS)}")
    rows = 0
    columns: tuple[Column, ...] = ()
    with publish(target) as file:
        writer = _writer(file, file_format)
        for batch in batches:
            columns = batch.columns
            rows += len(batch.rows)
            if max_rows is not None and rows > max_rows:
                raise DevoPermanentError(
                    f"The query gives more than max_rows={max_rows} rows; narrow it or raise the limit"
                )
            writer.write(columns, batch.rows)
            if progress is not None:
                progress(rows)
        writer.close(columns)
        size = file.tell()
    return WrittenFile(str(target), rows, size, columns)


def _writer(file: IO[bytes], file_format: str) -> _Writer:
    writers: dict[str, Callable[[IO[bytes]], _Writer]] = {
        "parquet": _Parquet,
        "csv": _Csv,
        "ndjson": _Ndjson,
    }
    return writers[file_format](file)


class _Parquet:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._writer: pq.ParquetWriter | None = None
        self._held: list[list[Value]] = []

    def write(self, columns: tuple[Column, ...], rows: list[list[Value]]) -> None:
        self._held += rows
        if len(self._held) >= _ROW_GROUP:
            self._flush(columns)

    def close(self, columns: tuple[Column, ...]) -> None:
        self._flush(columns)
        if self._writer is not None:
            self._writer.close()

    def _flush(self, columns: tuple[Column, ...]) -> None:
        import pyarrow.parquet as pq

        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, schema(columns), compression="zstd")
        self._writer.write_batch(record_batch(columns, self._held))
        self._held = []


class _Csv:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._has_header = False

    def write(self, columns: tuple[Column, ...], rows: list[list[Value]]) -> None:
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        if not self._has_header:
            lines.writerow(column.name for column in columns)
            self._has_header = True
        lines.writerows(
            [orjson.dumps(value).decode() if isinstance(value, list) else value for value in row]
            for row in rows
        )
        self._file.write(text.getvalue().encode())

    def close(self, columns: tuple[Column, ...]) -> None:
        self.write(columns, [])


class _Ndjson:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, columns: tuple[Column, ...], rows: list[list[Value]]) -> None:
        names = [column.name for column in columns]
        lines = (orjson.dumps(dict(zip(names, row, strict=True))) for row in rows)
        self._file.write(b"".join(line + b"\n" for line in lines))

    def close(self, columns: tuple[Column, ...]) -> None:
        """Nothing is held back."""
