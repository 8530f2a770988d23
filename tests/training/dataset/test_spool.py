"""Rows on disk: parts by rising labels, whatever the labels are, in memory that does not grow."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_devo_dga.training.dataset import spool
from airflow_provider_devo_dga.training.dataset.spool import RowSpool
from tests.prepared import prepare_dataset

LABELS = st.lists(
    st.text("ab-0", min_size=1, max_size=3) | st.text("ab", min_size=62, max_size=70), max_size=60
)


@given(batches=st.lists(LABELS, max_size=4), part_rows=st.integers(1, 20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_comes_out_and_no_label_is_in_two_parts(
    tmp_path: Path, batches: list[list[str]], part_rows: int
) -> None:
    with RowSpool(tmp_path, part_rows=part_rows) as rows:
        for labels in batches:
            code = pa.array(range(len(labels)), pa.int32())
            rows.add(pa.array(labels, pa.string()), pa.array(["com"] * len(labels), pa.string()), code)
        parts = [part.to_pydict() for part in rows.parts()]
    given_rows = sorted((label, n) for labels in batches for n, label in enumerate(labels))
    found = [
        (label, code)
        for part in parts
        for label, code, count in zip(part["label"], part["code"], part["count"], strict=True)
        for _ in range(count)
    ]
    assert sorted(found) == given_rows
    for part, later in pairwise(parts):
        assert max(part["label"]) < min(later["label"])


class _Rows(io.RawIOBase):
    """A dataset of ``count`` distinct rows that is never whole anywhere."""

    def __init__(self, count: int) -> None:
        self.pieces = self._pieces(count)
        self.left = b""

    @staticmethod
    def _pieces(count: int) -> Iterator[bytes]:
        yield b"host;domain;class;subclass\n"
        for start in range(0, count, 1000):
            labels = (f"{number * 2654435761 % 2**32:08x}x" for number in range(start, start + 1000))
            yield "".join(
                f"{x}.com;{x};{'dga' if n % 2 else 'legit'};a\n" for n, x in enumerate(labels)
            ).encode()

    def read(self, size: int = -1) -> bytes:
        while len(self.left) < size and (piece := next(self.pieces, b"")):
            self.left += piece
        part, self.left = self.left[:size], self.left[size:]
        return part


def _peak(count: int, folder: Path) -> int:
    pool = pa.system_memory_pool()
    before, default = pool.bytes_allocated(), pa.default_memory_pool()
    pa.set_memory_pool(pool)
    try:
        report = prepare_dataset(_Rows(count), folder / "prepared.csv")  # type: ignore[arg-type]
    finally:
        pa.set_memory_pool(default)
    assert report.rows_used == count
    return pool.max_memory() - before


@pytest.mark.slow
def test_preparing_ten_times_the_rows_takes_the_same_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "PART_ROWS", 50_000)
    few, many = _peak(200_000, tmp_path), _peak(2_000_000, tmp_path)
    # the rows that are more would take a hundred megabytes
    assert many - few < 20_000_000
