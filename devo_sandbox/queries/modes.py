"""The response types that a request may ask for."""

from __future__ import annotations

from typing import Any

from devo_sandbox import wire_errors
from devo_sandbox.queries.wire_formats import (
    Csv,
    Json,
    JsonCompact,
    JsonSimple,
    JsonSimpleCompact,
    Tsv,
    Writer,
)
from devo_sandbox.queries.wire_whole import MsgPack, Xls

FORMATS: dict[str, type[Writer]] = {
    "json": Json,
    "json/compact": JsonCompact,
    "json/simple": JsonSimple,
    "json/simple/compact": JsonSimpleCompact,
    "csv": Csv,
    "tsv": Tsv,
    "msgpack": MsgPack,
    "xls": Xls,
}


def format_named(mode: Any) -> type[Writer]:
    """Return the format that a request's ``mode`` asks for, json when it asks for none.

    :raises WireError: Devo's bad parameters.
    """
    name = mode.get("type", "json") if isinstance(mode, dict) else "json" if mode is None else mode
    if not isinstance(name, str) or name not in FORMATS:
        raise wire_errors.bad_parameters("Mode not valid")
    return FORMATS[name]
