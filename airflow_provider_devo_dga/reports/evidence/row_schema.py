"""Which columns a Parquet file of scored rows has, and of which types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_devo_dga.errors import ReportError

if TYPE_CHECKING:
    import pyarrow as pa

CLIENTS = "client_ips"
COLUMNS = ("reg_domain", "sld", "events_n", "first_seen", "last_seen", "client_ips", "malicious")
"""What a file must have."""

FAILED = "failed_n"
"""Events of a row that got no answer; a file need not have it. Other columns are not read."""


def check_schema(schema: pa.Schema, threshold: float | None) -> None:
    """Refuse a file without a column, or with one of another type.

    :param threshold: None when rows carry labels; with one, ``malicious`` may be a score.
    :raises ReportError: one is.
    """
    import pyarrow as pa

    types = pa.types
    if missing := [name for name in COLUMNS if name not in schema.names]:
        raise ReportError(f"The scored rows lack column {', '.join(missing)}")

    def is_text(kind: pa.DataType) -> bool:
        return kind in {pa.string(), pa.large_string()}

    def is_instant(kind: pa.DataType) -> bool:
        return bool(types.is_timestamp(kind) and kind.tz is not None)

    def is_clients(kind: pa.DataType) -> bool:
        return bool((types.is_list(kind) or types.is_large_list(kind)) and is_text(kind.value_type))

    def is_label(kind: pa.DataType) -> bool:
        return is_text(kind) or bool(types.is_integer(kind) or types.is_boolean(kind))

    wanted = {
        "reg_domain": (is_text, "text"),
        "sld": (is_text, "text"),
        "events_n": (types.is_integer, "an integer"),
        "first_seen": (is_instant, "a timestamp with time zone"),
        "last_seen": (is_instant, "a timestamp with time zone"),
        "client_ips": (is_clients, "a list of text"),
        "malicious": (is_label, 'a label "0" or "1" (a score needs a threshold)'),
    }
    if threshold is not None and types.is_floating(schema.field("malicious").type):
        del wanted["malicious"]
    if FAILED in schema.names:
        wanted[FAILED] = (types.is_integer, "an integer")
    for name, (fits, words) in wanted.items():
        if not fits(kind := schema.field(name).type):
            raise ReportError(f"Column {name} is {kind}, and must be {words}")
