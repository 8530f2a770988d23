from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_provider_devo_dga.devo_api.files import write_batches
from airflow_provider_devo_dga.devo_api.types import arrow_type
from airflow_provider_devo_dga.devo_api.wire import Batch, Column, Value
from airflow_provider_devo_dga.errors import DevoIncompleteError, DevoPermanentError

COLUMNS = (
    Column("eventdate", "timestamp"),
    Column("host", "str"),
    Column("n", "int8"),
    Column("share", "float8"),
    Column("clients", "array(str)"),
    Column("odd", "something"),
)
ROWS: list[list[Value]] = [
    [1767225600123, 'a "quoted", b', 1, 0.5, ["10.0.0.1", "10.0.0.2"], {"x": 1}],  # type: ignore[list-item]
    [None, None, None, None, None, None],
]


def batches(rows: list[list[Value]] = ROWS) -> Iterator[Batch]:
    for row in rows:
        yield Batch(COLUMNS, [row])
    yield Batch(COLUMNS, [])


def test_parquet_has_devos_types_and_nulls(tmp_path: Path) -> None:
    written = write_batches(batches(), tmp_path / "rows.parquet", "parquet")
    table = pq.read_table(tmp_path / "rows.parquet")
    assert table.schema.field("eventdate").type == pa.timestamp("ms", tz="UTC")
    assert table.schema.field("clients").type == pa.list_(pa.string())
    assert table.schema.field("odd").metadata[b"devo"] == b"something"
    assert table.to_pylist() == [
        {
            "eventdate": datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC),
            "host": 'a "quoted", b',
            "n": 1,
            "share": 0.5,
            "clients": ["10.0.0.1", "10.0.0.2"],
            "odd": '{"x":1}',
        },
        dict.fromkeys((column.name for column in COLUMNS), None),
    ]
    assert (written.rows, written.columns) == (2, COLUMNS)
    assert written.bytes == (tmp_path / "rows.parquet").stat().st_size


def test_ndjson_keeps_values_as_they_came(tmp_path: Path) -> None:
    write_batches(batches(), tmp_path / "rows.ndjson", "ndjson")
    lines = (tmp_path / "rows.ndjson").read_text().splitlines()
    assert [list(json.loads(line).values()) for line in lines] == ROWS


def test_csv_quotes_what_must_be_quoted(tmp_path: Path) -> None:
    write_batches(batches(), tmp_path / "rows.csv", "csv")
    assert (tmp_path / "rows.csv").read_text().splitlines()[:2] == [
        "eventdate,host,n,share,clients,odd",
        '1767225600123,"a ""quoted"", b",1,0.5,"[""10.0.0.1"",""10.0.0.2""]","{""x"":1}"',
    ]


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
def test_no_rows_still_give_a_file_with_its_columns(tmp_path: Path, file_format: str) -> None:
    written = write_batches(batches([]), tmp_path / "rows", file_format)
    assert (written.rows, (tmp_path / "rows").exists()) == (0, True)
    if file_format == "parquet":
        assert pq.read_schema(tmp_path / "rows").names == [column.name for column in COLUMNS]


def test_a_break_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    def broken() -> Iterator[Batch]:
        yield Batch(COLUMNS, ROWS)
        raise DevoIncompleteError("cut", rows_read=2)

    target = tmp_path / "rows.ndjson"
    target.write_text("former")
    with pytest.raises(DevoIncompleteError):
        write_batches(broken(), target, "ndjson")
    assert target.read_text() == "former"
    assert [path.name for path in tmp_path.iterdir()] == ["rows.ndjson"]


def test_too_many_rows_fail_loudly_and_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(DevoPermanentError, match="max_rows=1"):
        write_batches(batches(), tmp_path / "rows.csv", "csv", max_rows=1)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DevoPermanentError, match="parquet, csv, ndjson"):
        write_batches(batches(), tmp_path / "rows", "xls")


@pytest.mark.parametrize(
    ("devo", "arrow"),
    [
        ("int4", pa.int32()),
        ("int8", pa.int64()),
        ("float4", pa.float32()),
        ("bool", pa.bool_()),
        ("ip4", pa.string()),
        ("net4", pa.string()),
        ("array(int8)", pa.list_(pa.int64())),
        ("str[]", pa.list_(pa.string())),
    ],
)
def test_each_devo_type_has_its_arrow_type(devo: str, arrow: pa.DataType) -> None:
    assert arrow_type(devo) == arrow
