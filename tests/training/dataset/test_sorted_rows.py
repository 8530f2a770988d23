"""Sorting on disk: the order of a sort in memory, in memory that does not grow."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_devo_dga.training.dataset import sorted_rows
from airflow_provider_devo_dga.training.dataset.sorted_rows import SortedRows
from tests.prepared import prepare_dataset

LINES = st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=6))


@given(lines=LINES, run_lines=st.integers(1, 5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_come_out_in_order(tmp_path: Path, lines: list[str], run_lines: int) -> None:
    with SortedRows(tmp_path, run_lines=run_lines) as rows:
        for line in lines:
            rows.add(f"{line}\n")
        assert list(rows) == sorted(f"{line}\n" for line in lines)


class _Rows(io.RawIOBase):
    """A dataset of ``count`` distinct rows that is never whole anywhere."""

    def __init__(self, count: int) -> None:
        self.lines = self._lines(count)

    @staticmethod
    def _lines(count: int) -> Iterator[bytes]:
        yield b"host;domain;class;subclass\n"
        for number in range(count):
            label = f"{number * 2654435761 % 2**32:08x}x"
            yield f"{label}.com;{label};{'dga' if number % 2 else 'legit'};a\n".encode()

    def __next__(self) -> bytes:
        return next(self.lines)


def _peak(count: int, folder: Path) -> int:
    tracemalloc.start()
    try:
        report = prepare_dataset(_Rows(count), folder / "prepared.csv")  # type: ignore[arg-type]
        assert report.rows_used == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_preparing_ten_times_the_rows_takes_the_same_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorted_rows, "RUN_LINES", 5000)
    _peak(500, tmp_path)  # the public suffix list is read once
    few, many = _peak(5000, tmp_path), _peak(50_000, tmp_path)
    assert many < 2 * few  # each run costs a file's buffers
