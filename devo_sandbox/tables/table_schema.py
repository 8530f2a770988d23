"""What a table is made of, as told in JSON or YAML: columns with types, and how its messages are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from devo_sandbox.linq import types
from devo_sandbox.linq.types import Type

# auto: the message as a whole if there is a column for it, else JSON if it begins with {, else CSV.
Parser = Literal["auto", "json", "csv", "message"]
FIELDS = frozenset({"columns", "parser"})


@dataclass(frozen=True, slots=True)
class Schema:
    """A table to be."""

    columns: dict[str, Type]
    parser: Parser = "auto"


def read(wanted: Mapping[str, Any]) -> Schema:
    """Return the schema that ``columns`` and ``parser`` describe.

    :raises ValueError: for what cannot be a table.
    """
    if unknown := sorted(map(str, wanted.keys() - FIELDS)):
        raise ValueError(f"unknown field {unknown[0]!r}; known: columns, parser")
    parser = wanted.get("parser", "auto")
    if parser not in get_args(Parser):
        raise ValueError(f"parser is one of {', '.join(get_args(Parser))}")
    columns: dict[str, Type] = {}
    listed = [*_pairs(wanted.get("columns"))]
    for name, kind in listed:
        if not isinstance(name, str) or not name or str(kind) not in types.BY_NAME:
            raise ValueError(f"Column not valid: {name!r}: {kind!r}")
        columns[name] = types.BY_NAME[str(kind)]
    if columns.get("eventdate") != types.TIMESTAMP:
        raise ValueError("eventdate must be a timestamp")
    if len({name.lower() for name in columns}) < len(listed):
        raise ValueError("Two columns of one name")
    return Schema(columns, parser)


def _pairs(columns: Any) -> Iterable[tuple[Any, Any]]:
    match columns:
        case dict():
            return columns.items()
        case list() if all(isinstance(column, dict) for column in columns):
            return ((column.get("name"), column.get("type")) for column in columns)
    raise ValueError("columns is a list of names and types")


def read_file(path: Path) -> dict[str, Schema]:
    """Return the tables of a YAML file, by name.

    :raises ValueError: when it is no such file; the message names the table.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: {error}") from error
    tables = content.get("tables") if isinstance(content, dict) else None
    if not isinstance(tables, dict):
        raise ValueError(f"{path}: tables is missing")  # noqa: TRY004 - the file is wrong, not a type
    schemas = {}
    for name, wanted in tables.items():
        try:
            schemas[str(name)] = read(wanted if isinstance(wanted, dict) else {})
        except ValueError as error:
            raise ValueError(f"{path}: {name}: {error}") from error
    return schemas
