"""Devo's types in JSON, in Python and in Arrow: the one place that says how a value is kept.

===========================  =======================  ==================  =======================
Devo                         JSON on the wire         Python (row)        Arrow (Parquet)
===========================  =======================  ==================  =======================
timestamp                    epoch milliseconds       int                 timestamp[ms, tz=UTC]
str, mac, geocoord           text                     str                 string
ip4, ip6, net4, net6         text (always asked for)  str                 string
bool                         true, false              bool                bool
int4                         number                   int                 int32
int, int8                    number                   int                 int64
duration                     number (inferred)        int                 int64
float4                       number                   float               float32
float, float8                number                   float               float64
array(X), X[]                array                    list                list<X>
json, anything else          any JSON                 as it came          string (JSON text)
===========================  =======================  ==================  =======================

Null is ``null``, ``None`` and a null of the column's type. NaN and infinity do not exist in JSON: null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from airflow_provider_devo_dga.devo_api.wire import Column, Value
from airflow_provider_devo_dga.errors import DevoResultError

if TYPE_CHECKING:
    import pyarrow as pa

_TEXT = {"str", "mac", "ip4", "ip6", "net4", "net6", "geocoord"}


def arrow_type(name: str) -> pa.DataType:
    import pyarrow as pa

    numbers = {
        "bool": pa.bool_(),
        "int4": pa.int32(),
        "int": pa.int64(),
        "int8": pa.int64(),
        "duration": pa.int64(),
        "float4": pa.float32(),
        "float": pa.float64(),
        "float8": pa.float64(),
        "timestamp": pa.timestamp("ms", tz="UTC"),
    }
    if (item := _item_type(name)) is not None:
        return pa.list_(arrow_type(item))
    return numbers.get(name, pa.string())


def record_batch(columns: tuple[Column, ...], rows: list[list[Value]]) -> pa.RecordBatch:
    """Return rows as an Arrow batch with the columns' types; nulls stay nulls.

    :raises DevoResultError: a value is not of its column's type; names the column.
    """
    import pyarrow as pa

    of_each = zip(*rows, strict=True) if rows else ((),) * len(columns)
    arrays = [_array(column, values) for column, values in zip(columns, of_each, strict=True)]
    return pa.record_batch(arrays, schema=schema(columns))


def _array(column: Column, values: tuple[Value, ...]) -> pa.Array:
    import pyarrow as pa

    kind = arrow_type(column.type)
    if column.type not in _TEXT and kind == pa.string():
        values = tuple(value if value is None or isinstance(value, str) else _text(value) for value in values)
    try:
        return pa.array(values, type=kind)
    except (pa.ArrowException, OverflowError, TypeError) as error:
        raise DevoResultError(
            f"Column {column.name!r} of Devo's answer is of type {column.type}, but holds something else:"
            f" {error}; cast it in the query"
        ) from error


def schema(columns: tuple[Column, ...]) -> pa.Schema:
    """Return the Arrow schema of a result; each field keeps Devo's type name in its metadata."""
    import pyarrow as pa

    return pa.schema(
        [pa.field(column.name, arrow_type(column.type), metadata={"devo": column.type}) for column in columns]
    )


def _item_type(name: str) -> str | None:
    if name.startswith("array(") and name.endswith(")"):
        return name[len("array(") : -1]
    return name.removesuffix("[]") if name.endswith("[]") else None


def _text(value: Value) -> str:
    return orjson.dumps(value).decode()
