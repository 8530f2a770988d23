"""Rows on disk that come back in parts by rising labels: memory holds one part at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_devo_dga.training.dataset.ahead import in_order

if TYPE_CHECKING:
    import pyarrow as pa

PART_ROWS = 250_000
"""Rows of a part, some twenty-five megabytes while they are sorted."""

_SAMPLE_EVERY = 1009
_LETTERS = 64  # that decide the part
_LOOKED_AT, _MANY = 5000, 0.9


class RowSpool:
    """Rows ``label, tld, code, count`` in temporary files, which go with the ``with`` block.

    :param folder: where the files lie; takes about twice what the rows take.
    :param part_rows: rows of a part, about; None for ``PART_ROWS``.
    """

    def __init__(self, folder: Path, *, part_rows: int | None = None) -> None:
        self.folder = folder
        self.part_rows = part_rows or PART_ROWS
        self._rows = 0
        self._sample: list[str] = []
        self._files = ExitStack()
        self._whole = self._file()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def add(self, label: pa.Array, tld: pa.Array, code: pa.Array) -> None:
        """Take rows."""
        import pyarrow as pa
        import pyarrow.compute as pc

        table = pa.table({"label": label, "tld": tld, "code": code})
        if pc.count_distinct(label[:_LOOKED_AT]).as_py() < _MANY * min(len(label), _LOOKED_AT):
            # a name that fills the file would fill a part
            table = table.group_by(table.column_names, use_threads=False).aggregate([([], "count_all")])
            table = table.rename_columns([*table.column_names[:-1], "count"])
        else:
            table = table.append_column("count", pa.repeat(pa.scalar(1, pa.int64()), len(label)))
        self._whole.add(table)
        self._rows += len(table)
        places = pa.array(range(0, len(table), _SAMPLE_EVERY), pa.int64())
        self._sample += table.column("label").take(places).to_pylist()

    def parts(self) -> Iterator[pa.Table]:
        """Yield the rows; all labels of a part stand before those of the next. Add none after that."""
        count = -(-self._rows // self.part_rows)
        if count < 2:
            yield from self._whole.read()
            return
        ends = sorted(self._sample)[:: max(1, len(self._sample) // count)][1:count]
        parts = [self._file() for _ in range(len(ends) + 1)]
        for parted in in_order(partial(_parted, table, ends) for table in self._whole.tables()):
            for place, rows in parted:
                parts[place].add(rows)
        self._whole.close()
        for part in parts:
            yield from part.read()
            part.close()

    def _file(self) -> _File:
        return _File(self._files.enter_context(tempfile.TemporaryFile(dir=self.folder)))


def _parted(table: pa.Table, ends: Sequence[str]) -> list[tuple[int, pa.Table]]:
    """Return the rows of each part; the label that ends a part begins the next."""
    import numpy as np
    import pyarrow as pa

    kind = f"S{_LETTERS}"
    places = np.searchsorted(np.array(ends, kind), _letters(table, kind), side="right")
    # of small numbers a stable sort is a radix sort
    order = np.argsort(places.astype(np.uint16), kind="stable")
    bounds = np.searchsorted(places[order], np.arange(len(ends) + 2))
    ordered = table.take(pa.array(order))
    return [
        (place, ordered.slice(start, end - start))
        for place, (start, end) in enumerate(pairwise(bounds))
        if start < end
    ]


def _letters(table: pa.Table, kind: str) -> Any:
    import numpy as np
    import pyarrow.compute as pc

    label = table.column("label").combine_chunks()
    if pc.max(pc.binary_length(label)).as_py() > _LETTERS:
        label = pc.utf8_slice_codeunits(label, 0, _LETTERS)
    return np.frombuffer(pc.ascii_rpad(label, _LETTERS, "\0").buffers()[2], kind, len(label))


class _File:
    """Tables in one temporary file."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._writer: Any = None

    def add(self, table: pa.Table) -> None:
        from pyarrow import ipc

        if self._writer is None:
            self._writer = ipc.new_stream(self._file, table.schema)
        self._writer.write_table(table)

    def tables(self) -> Iterator[pa.Table]:
        import pyarrow as pa
        from pyarrow import ipc

        if self._writer is not None:
            self._writer.close()
            self._file.seek(0)
            for batch in ipc.open_stream(self._file):
                yield pa.Table.from_batches([batch])

    def read(self) -> Iterator[pa.Table]:
        """Yield all tables as one, nothing when there is none."""
        import pyarrow as pa

        if tables := list(self.tables()):
            yield pa.concat_tables(tables).combine_chunks()

    def close(self) -> None:
        self._file.close()
