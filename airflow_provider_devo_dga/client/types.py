"""Devo's types as Arrow types: the one place that says how a column is stored.

==========================  =======================  =====================================================
Devo                        Arrow                    JSON on the wire
==========================  =======================  =====================================================
timestamp                   timestamp[ms, tz=UTC]    epoch milliseconds
str, json, mac, ip4, ip6,   string                   text (addresses too: every request asks for text)
net4, net6, geocoord
bool                        bool                     true, false
int4                        int32                    number
int, int8                   int64                    number
float4                      float32                  number
float, float8               float64                  number
array(X), X[]               list<X>                  array
anything else               string                   kept as JSON text
==========================  =======================  =====================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from airflow_provider_devo_dga.client.wire import Column, Value

if TYPE_CHECKING:
    import pyarrow as pa

_TEXT = {"str", "json", "mac", "ip4", "ip6", "net4", "net6", "geocoord"}


def arrow_type(name: str) -> pa.DataType:
    """Return the Arrow type of a Devo type name."""
    import pyarrow as pa

    numbers = {
        "bool": pa.bool_(),
        "int4": pa.int32(),
        "int": pa.int64(),
        "int8": pa.int64(),
        "float4": pa.float32(),
        "float": pa.float64(),
        "float8": pa.float64(),
        "timestamp": pa.timestamp("ms", tz="UTC"),
    }
    if (item := _item_type(name)) is not None:
        return pa.list_(arrow_type(item))
    return numbers.get(name, pa.string())


def record_batch(columns: tuple[Column, ...], rows: list[list[Value]]) -> pa.RecordBatch:
    """Return rows as an Arrow batch with the columns' types; nulls stay nulls."""
    import pyarrow as pa

    arrays = []
    for index, column in enumerate(columns):
        values = [row[index] for row in rows]
        if column.type not in _TEXT and arrow_type(column.type) == pa.string():
            values = [value if value is None or isinstance(value, str) else _text(value) for value in values]
        arrays.append(pa.array(values, type=arrow_type(column.type)))
    return pa.record_batch(arrays, schema=schema(columns))


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
