"""DevoHook.to_file: typed, whole, or not there."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_devo_dga.errors import DevoIncompleteError, DevoPermanentError
from airflow_provider_devo_dga.hooks.devo import DevoHook

EVENTS = [
    {"word": 'a "quoted", caf\u00e9\nline', "n": 1, "ratio": 0.5, "f4": 0.25, "ok": True, "ip": "10.0.0.1"},
    {},
]
COLUMNS = {"word": "str", "n": "int4", "ratio": "float8", "f4": "float4", "ok": "bool", "ip": "ip4"}


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return devo.table(EVENTS, **COLUMNS)


def test_parquet_keeps_types_nulls_and_devos_names_of_them(devo: Any, table: str, tmp_path: Path) -> None:
    target = tmp_path / "rows.parquet"
    written = DevoHook().to_file(f"from {table}", target, **devo.window)
    rows = pq.read_table(target)
    assert {field.name: field.type for field in rows.schema} == {
        "eventdate": pa.timestamp("ms", "UTC"),
        "word": pa.string(),
        "n": pa.int32(),
        "ratio": pa.float64(),
        "f4": pa.float32(),
        "ok": pa.bool_(),
        "ip": pa.string(),
    }
    assert rows.schema.field("ip").metadata == {b"devo": b"ip4"}
    assert rows.drop_columns("eventdate").to_pylist() == [EVENTS[0], dict.fromkeys(COLUMNS)]
    assert rows["eventdate"][0].as_py() == devo.window["from_"]
    assert (written.rows, written.bytes, written.path) == (2, target.stat().st_size, str(target))
    assert [(c.name, c.type) for c in written.columns] == [("eventdate", "timestamp"), *COLUMNS.items()]


def test_arrays_become_lists(devo: Any, table: str, tmp_path: Path) -> None:
    target = tmp_path / "rows.parquet"
    query = f"from {table} group select collectdistinct(str(ip)) as ips"
    DevoHook().to_file(query, target, **devo.window)
    assert pq.read_schema(target).field("ips").type == pa.list_(pa.string())
    assert pq.read_table(target).to_pylist() == [{"ips": ["10.0.0.1"]}]


def test_csv_can_be_read_back(devo: Any, table: str, tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    DevoHook().to_file(f"from {table} select word, n, ip", target, file_format="csv", **devo.window)
    with target.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["word", "n", "ip"],
            [EVENTS[0]["word"], "1", "10.0.0.1"],
            ["", "", ""],
        ]


def test_ndjson_can_be_read_back(devo: Any, table: str, tmp_path: Path) -> None:
    target = tmp_path / "rows.ndjson"
    DevoHook().to_file(f"from {table} select word, ok", target, file_format="ndjson", **devo.window)
    rows = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert rows == [{"word": EVENTS[0]["word"], "ok": True}, {"word": None, "ok": None}]


@pytest.mark.parametrize(("file_format", "content"), [("csv", b"word,n\n"), ("ndjson", b"")])
def test_an_empty_result_is_a_file_too(
    devo: Any, table: str, tmp_path: Path, file_format: str, content: bytes
) -> None:
    target = tmp_path / "rows"
    query = f"from {table} where n = 77 select word, n"
    assert DevoHook().to_file(query, target, file_format=file_format, **devo.window).rows == 0
    assert target.read_bytes() == content


def test_an_empty_parquet_file_has_columns(devo: Any, table: str, tmp_path: Path) -> None:
    target = tmp_path / "rows.parquet"
    DevoHook().to_file(f"from {table} where n = 77 select word, n", target, **devo.window)
    assert pq.read_schema(target).names == ["word", "n"]
    assert pq.read_metadata(target).num_rows == 0


def test_many_rows_are_all_there_in_order(devo: Any, devo_connections: None, tmp_path: Path) -> None:
    table = devo.table([{"n": number} for number in range(60_000)], n="int4")
    target = tmp_path / "rows.parquet"
    assert DevoHook().to_file(f"from {table} select n", target, **devo.window).rows == 60_000
    assert pq.read_table(target)["n"].to_pylist() == list(range(60_000))
    assert pq.ParquetFile(target).num_row_groups > 1  # written as rows came, not held


def test_object_storage_is_written_like_a_folder(devo: Any, table: str, tmp_path: Path) -> None:
    target = ObjectStoragePath(f"{tmp_path.as_uri()}/deep/er/rows.parquet")
    written = DevoHook().to_file(f"from {table}", target, **devo.window)
    assert written.path == f"{tmp_path.as_uri()}/deep/er/rows.parquet"
    assert pq.read_metadata(tmp_path / "deep/er/rows.parquet").num_rows == 2


def test_more_rows_than_allowed_leave_the_former_file(devo: Any, table: str, tmp_path: Path) -> None:
    target = tmp_path / "rows.parquet"
    target.write_bytes(b"former")
    with pytest.raises(DevoPermanentError, match="more than max_rows=1 rows"):
        DevoHook().to_file(f"from {table}", target, max_rows=1, **devo.window)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("rows.parquet", b"former")]
    assert DevoHook().to_file(f"from {table}", target, max_rows=2, **devo.window).rows == 2


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
def test_a_broken_answer_publishes_nothing(
    devo: Any, table: str, no_pauses: None, tmp_path: Path, file_format: str
) -> None:
    devo.fault("e_mid", after_rows=1, times=4)
    with pytest.raises(DevoIncompleteError):
        DevoHook().to_file(f"from {table}", tmp_path / "rows", file_format=file_format, **devo.window)
    assert len(devo.asked(table)) == 4
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused_before_anything_is_asked(devo: Any, table: str, tmp_path: Path) -> None:
    with pytest.raises(DevoPermanentError, match="there are parquet, csv, ndjson"):
        DevoHook().to_file(f"from {table}", tmp_path / "rows", file_format="xlsx", **devo.window)
    assert devo.asked(table) == []
    assert list(tmp_path.iterdir()) == []
