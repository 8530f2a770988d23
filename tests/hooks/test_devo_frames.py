"""DevoHook gives data frames and Arrow, typed as a Parquet file is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from airflow_provider_devo_dga.devo_api.frames import arrow_reader
from airflow_provider_devo_dga.devo_api.wire import Batch, Column
from airflow_provider_devo_dga.errors import DevoIncompleteError, DevoPermanentError
from airflow_provider_devo_dga.hooks.devo import DevoHook

EVENTS = [{"word": "caf\u00e9", "n": 1, "big": 2**60 + 1, "ratio": 0.25, "ok": True}, {}]
COLUMNS = {"word": "str", "n": "int4", "big": "int8", "ratio": "float8", "ok": "bool"}


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return devo.table(EVENTS, **COLUMNS)


@pytest.fixture(params=["pandas", "polars"])
def df_type(request: pytest.FixtureRequest) -> str:
    return str(pytest.importorskip(request.param).__name__)


def test_a_data_frame_has_all_rows_and_exact_numbers(devo: Any, table: str, df_type: str) -> None:
    frame = DevoHook().get_df(f"from {table}", df_type=df_type, **devo.window)  # type: ignore[arg-type]
    assert isinstance(frame, import_module(df_type).DataFrame)
    assert list(frame.columns) == ["eventdate", *COLUMNS]
    # beside a null, where pandas alone would make a float of it
    assert frame["big"].to_list()[0] == 2**60 + 1
    assert frame["word"].to_list()[0] == "caf\u00e9"
    assert frame["eventdate"].to_list()[0].isoformat() == "2026-01-01T08:00:00+00:00"
    assert DevoHook().get_df(f"from {table} where n > 9", df_type=df_type, **devo.window).shape == (0, 6)


def test_an_answer_that_broke_off_is_read_again(devo: Any, table: str, no_pauses: None) -> None:
    devo.fault("e_mid", after_rows=1)
    assert len(DevoHook().get_df(f"from {table}", limit=2, **devo.window)) == 2


@pytest.mark.parametrize(
    ("wanted", "reason"), [("dask", "pandas or polars, not 'dask'"), ("polars", "pip install polars")]
)
def test_what_is_not_there_is_told_before_devo_is_asked(
    devo: Any, table: str, monkeypatch: pytest.MonkeyPatch, wanted: Any, reason: str
) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)  # as where it is not installed
    with pytest.raises(DevoPermanentError, match=reason):
        DevoHook().get_df(f"from {table}", df_type=wanted, **devo.window)
    assert devo.asked(table) == []


def test_arrow_is_read_as_it_comes(devo: Any, table: str) -> None:
    with DevoHook().arrow_reader(f"from {table}", **devo.window) as reader:
        assert reader.schema.field("big").type == pa.int64()
        counted = duckdb.from_arrow(reader).aggregate("count(*), max(big)").fetchall()
    assert counted == [(2, 2**60 + 1)]


def test_an_error_on_the_way_keeps_its_type(devo: Any, table: str) -> None:
    devo.fault("e_mid", after_rows=1)
    with (
        DevoHook().arrow_reader(f"from {table}", **devo.window) as reader,
        pytest.raises(DevoIncompleteError),
    ):
        reader.read_all()


def test_small_batches_become_large_ones() -> None:
    columns = (Column("n", "int4"),)

    def batches() -> Iterator[Batch]:
        for number in range(25):
            yield Batch(columns, [[number]] * 1000)
        yield Batch(columns, [])

    assert [batch.num_rows for batch in arrow_reader(batches())] == [10_000, 10_000, 5_000]
