"""The operations that make one value of all rows of a group. ``k`` numbers the rows in order of eventdate."""

from __future__ import annotations

from collections.abc import Sequence

from devo_sandbox.linq.functions.operation import Evidence, Operation, Overload, is_value
from devo_sandbox.linq.sql import Piece
from devo_sandbox.linq.types import (
    BIGINT,
    BOOL,
    FLOAT8,
    INT8,
    IP4,
    STR,
    TIMESTAMP,
    Type,
    array_of,
    is_number,
)


def _kept(arguments: Sequence[Piece]) -> Type | None:
    return arguments[0].type if is_value(arguments[0]) else None


def _listed(arguments: Sequence[Piece]) -> Type | None:
    return array_of(arguments[0].type)


def _percent(piece: Piece) -> bool:
    return is_number(piece.type) and isinstance(piece.written, int | float) and 0 <= piece.written <= 100


def _percentile(arguments: Sequence[Piece]) -> str:
    share = float(str(arguments[1].written)) / 100
    return f"quantile_cont({arguments[0].text}, {share!r})"


def _one(
    name: str, signature: str, sql: str, result: Type, note: str = "", evidence: Evidence = "digest"
) -> Operation:
    return Operation(name, signature, evidence, note, (Overload((is_value,), result, sql),))


def _extreme(name: str) -> Operation:
    kinds = (INT8, FLOAT8, BIGINT, TIMESTAMP, STR, IP4, BOOL)
    overloads = tuple(Overload((kind,), kind, f"{name}({{0}})") for kind in kinds)
    return Operation(name, "(a) → a", "digest", "nulls do not count", overloads)


def _number(name: str, sql: str, note: str = "") -> Operation:
    return Operation(name, "(number) → float8", "digest", note, (Overload((FLOAT8,), FLOAT8, sql),))


def _edge(name: str, sql: str, note: str) -> Operation:
    return Operation(
        name, "(a) → a", "digest", f"by order of eventdate; {note}", (Overload((is_value,), _kept, sql),)
    )


COUNT = Operation(
    "count",
    "() or (any) → int8",
    "digest",
    "with an argument: rows where it is not null",
    (Overload((), INT8, "count(*)"), Overload((is_value,), INT8, "count({0})")),
)

OPERATIONS = (
    COUNT,
    Operation(
        "sum",
        "(number) → number",
        "digest",
        "nulls do not count; an integer beyond 64 bits breaks the answer off (assumed)",
        (Overload((INT8,), INT8, "CAST(sum({0}) AS BIGINT)"), Overload((FLOAT8,), FLOAT8, "sum({0})")),
    ),
    _number("avg", "sum({0}) / nullif(count(*), 0)", "rows with null count, as 0"),
    _number("nnavg", "avg({0})", "rows with null do not count"),
    _extreme("min"),
    _extreme("max"),
    _number("median", "median({0})", "nulls do not count (assumed)"),
    _number("stddev", "stddev_pop({0})", "of the population (assumed); nulls do not count (assumed)"),
    Operation(
        "percentile",
        "(number, number p from 0 to 100) → float8",
        "digest",
        "interpolated (assumed)",
        (Overload((FLOAT8, _percent), FLOAT8, _percentile),),
    ),
    _edge("first", "arg_min_null({0}, k)", "null counts"),
    _edge("last", "arg_max_null({0}, k)", "null counts"),
    _edge("nnfirst", "arg_min({0}, k)", "null does not count"),
    _edge("nnlast", "arg_max({0}, k)", "null does not count"),
    _one("hllppcount", "(any) → float8", "CAST(approx_count_distinct({0}) AS DOUBLE)", FLOAT8, "approximate"),
    _one("sizedistinct", "(any) → int8", "count(DISTINCT {0})", INT8, "exact; nulls do not count (assumed)"),
    Operation(
        "collectdistinct",
        "(a) → array(a)",
        "digest",
        "sorted; nulls are left out (both assumed)",
        (
            Overload(
                (is_value,), _listed, "list_sort(coalesce(list(DISTINCT {0}) FILTER ({0} IS NOT NULL), []))"
            ),
        ),
    ),
    Operation(
        "collectcompact",
        "(a) → array(a)",
        "digest",
        "by order of eventdate, repeats kept; nulls are left out (all assumed)",
        (Overload((is_value,), _listed, "coalesce(list({0} ORDER BY k) FILTER ({0} IS NOT NULL), [])"),),
    ),
)
