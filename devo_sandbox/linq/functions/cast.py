"""The operations that make a value of one type from another."""

from __future__ import annotations

from devo_sandbox.linq import types
from devo_sandbox.linq.functions.operation import Accepts, Operation, Overload
from devo_sandbox.linq.functions.value import IP4_TEXT, TIMESTAMP_TEXT
from devo_sandbox.linq.sql import FLOAT_OF_TEXT, braced
from devo_sandbox.linq.types import (
    BIGINT,
    BOOL,
    DURATION,
    FLOAT4,
    FLOAT8,
    INT8,
    IP4,
    STR,
    TIMESTAMP,
    Type,
)

WHOLE = "CASE WHEN regexp_full_match({{0}}, '[+-]?[0-9]+') THEN TRY_CAST({{0}} AS {}) END"
BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"


def _is(*kinds: Type) -> Accepts:
    return lambda piece: piece.type in kinds


def _address() -> str:
    parts = (
        f"TRY_CAST(split_part({{0}}, '.', {place}) AS UINTEGER) * {weight}"
        for place, weight in enumerate((1 << 24, 1 << 16, 1 << 8, 1), start=1)
    )
    whole = braced(f"'{BYTE}([.]{BYTE}){{3}}'")
    return f"CASE WHEN regexp_full_match({{0}}, {whole}) THEN TRY_CAST({' + '.join(parts)} AS UINTEGER) END"


OPERATIONS = (
    Operation(
        "int",
        "(str or number or bool) → int8",
        "digest",
        "truncates; what does not convert gives null (assumed)",
        (
            Overload((STR,), INT8, WHOLE.format("BIGINT")),
            Overload((INT8,), INT8, "{0}"),
            Overload((FLOAT8,), INT8, "TRY_CAST(trunc({0}) AS BIGINT)"),
            Overload((BIGINT,), INT8, "TRY_CAST({0} AS BIGINT)"),
            Overload((_is(BOOL, TIMESTAMP, IP4),), INT8, "CAST({0} AS BIGINT)"),
        ),
    ),
    Operation(
        "float",
        "(str or number) → float8",
        "digest",
        "what does not convert gives null (assumed)",
        (
            Overload((STR,), FLOAT8, FLOAT_OF_TEXT),
            Overload((FLOAT8,), FLOAT8, "{0}"),
            Overload((BIGINT,), FLOAT8, "CAST({0} AS DOUBLE)"),
        ),
    ),
    Operation(
        "float4",
        "(number) → float4",
        "exemplified",
        "too large gives null (assumed)",
        (Overload((FLOAT8,), FLOAT4, "TRY_CAST({0} AS FLOAT)"),),
    ),
    Operation(
        "str",
        "(any) → str",
        "digest",
        "a timestamp as yyyy-MM-dd HH:mm:ss.SSS in UTC (assumed)",
        (
            Overload((STR,), STR, "{0}"),
            Overload((_is(*types.SPELLED),), STR, "{0}"),
            Overload((_is(IP4),), STR, IP4_TEXT),
            Overload((_is(TIMESTAMP),), STR, TIMESTAMP_TEXT),
            Overload((_is(BOOL, DURATION, BIGINT, *types.WIDENING),), STR, "CAST({0} AS VARCHAR)"),
        ),
    ),
    Operation(
        "bool",
        "(str or number) → bool",
        "digest",
        "only the words true and false convert; numbers but 0 are true (assumed)",
        (
            Overload((BOOL,), BOOL, "{0}"),
            Overload((STR,), BOOL, "CASE lower({0}) WHEN 'true' THEN true WHEN 'false' THEN false END"),
            Overload((FLOAT8,), BOOL, "{0} <> 0"),
        ),
    ),
    Operation(
        "bigint",
        "(str or number) → bigint",
        "digest",
        "truncates; what does not convert, or takes more than 128 bits, gives null (assumed)",
        (
            Overload((BIGINT,), BIGINT, "{0}"),
            Overload((STR,), BIGINT, WHOLE.format("HUGEINT")),
            Overload((INT8,), BIGINT, "CAST({0} AS HUGEINT)"),
            Overload((FLOAT8,), BIGINT, "TRY_CAST(trunc({0}) AS HUGEINT)"),
        ),
    ),
    Operation(
        "ip4",
        "(str or int) → ip4",
        "digest",
        "four numbers with dots and no leading zeros, or an unsigned 32-bit number; "
        "what does not convert gives null (assumed)",
        (
            Overload((IP4,), IP4, "{0}"),
            Overload((STR,), IP4, _address()),
            Overload((INT8,), IP4, "TRY_CAST({0} AS UINTEGER)"),
        ),
    ),
)
