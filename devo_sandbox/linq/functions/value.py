"""The operations on values of any kind: logic, choice, casts, arrays."""

from __future__ import annotations

from collections.abc import Sequence

from devo_sandbox.linq import types
from devo_sandbox.linq.functions.compare import comparable, comparing, contained, containing, in_order
from devo_sandbox.linq.functions.operation import Operation, Overload, cast, is_array, is_value
from devo_sandbox.linq.sql import Piece
from devo_sandbox.linq.types import (
    BOOL,
    INT8,
    Type,
)

IP4_TEXT = " || '.' || ".join(f"(({{0}} >> {shift}) & 255)" for shift in (24, 16, 8, 0))
EQUALITY = ("=", "<>")
TIMESTAMP_TEXT = "strftime(epoch_ms({0}), '%Y-%m-%d %H:%M:%S.%g')"


def _same(arguments: Sequence[Piece]) -> Type | None:
    return types.common(a.type for a in arguments)


def _cast_all(arguments: Sequence[Piece], wanted: Type | None) -> list[str]:
    return [cast(a, wanted) if wanted else a.text for a in arguments]


def _chosen(arguments: Sequence[Piece]) -> Type | None:
    return _same(arguments[1:])


def _choose(arguments: Sequence[Piece]) -> str:
    yes, no = _cast_all(arguments[1:], _chosen(arguments))
    return f"CASE WHEN {arguments[0].text} THEN {yes} ELSE {no} END"


def _coalesce(arguments: Sequence[Piece]) -> str:
    return f"coalesce({', '.join(_cast_all(arguments, _same(arguments)))})"


def _results(arguments: Sequence[Piece]) -> list[Piece]:
    """Return the results of ``decode(x, value, result, …[, otherwise])``, the otherwise last."""
    results = list(arguments[2::2])
    return results if len(arguments) % 2 else [*results, arguments[-1]]


def _decoded(arguments: Sequence[Piece]) -> Type | None:
    values = arguments[1 : len(arguments) - 1 : 2]
    if not all(comparable((arguments[0], value)) for value in values):
        return None
    return _same(_results(arguments))


def _decode(arguments: Sequence[Piece]) -> str:
    wanted = _decoded(arguments)
    pairs = (len(arguments) - 1) // 2
    whens = []
    for value, result in zip(arguments[1::2][:pairs], arguments[2::2][:pairs], strict=True):
        test = comparing("=")((arguments[0], value))
        whens.append(f"WHEN {test} THEN {_cast_all([result], wanted)[0]}")
    otherwise = _cast_all([arguments[-1]], wanted)[0] if len(arguments) % 2 == 0 else "NULL"
    return f"CASE {' '.join(whens)} ELSE {otherwise} END"


def _element(arguments: Sequence[Piece]) -> Type | None:
    return arguments[0].type.element


def _comparison(name: str, sql: str) -> Operation:
    return Operation(
        name,
        "(value, value) → bool",
        "digest",
        "a literal that does not convert gives null, so no row",
        (Overload((is_value, is_value), comparable if sql in EQUALITY else in_order, comparing(sql)),),
    )


LOGIC = (
    *(
        _comparison(n, s)
        for n, s in (("=", "="), ("/=", "<>"), ("<", "<"), ("<=", "<="), (">", ">"), (">=", ">="))
    ),
    Operation("and", "bool and bool → bool", "digest", "", (Overload((BOOL, BOOL), BOOL, "{0} AND {1}"),)),
    Operation("or", "bool or bool → bool", "digest", "", (Overload((BOOL, BOOL), BOOL, "{0} OR {1}"),)),
    Operation("not", "not bool → bool", "digest", "not null is null", (Overload((BOOL,), BOOL, "NOT {0}"),)),
    Operation(
        "in",
        "(value, {…} or array or network) → bool; also value <- network",
        "digest",
        "",
        (Overload((is_value, lambda _: True), contained, containing),),
    ),
    Operation("isnull", "(any) → bool", "digest", "", (Overload((is_value,), BOOL, "{0} IS NULL"),)),
    Operation("isnotnull", "(any) → bool", "digest", "", (Overload((is_value,), BOOL, "{0} IS NOT NULL"),)),
    Operation(
        "ifthenelse",
        "(bool, a, a) → a",
        "digest",
        "a null condition takes the last (assumed)",
        (Overload((BOOL, is_value, is_value), _chosen, _choose),),
    ),
    Operation(
        "nvl",
        "(a, a) → a; also a ?: a",
        "digest",
        "",
        (Overload((is_value, is_value), _same, _coalesce),),
    ),
    Operation(
        "decode",
        "(x, value, result, …[, otherwise]) → result",
        "digest",
        "no match and no otherwise gives null (assumed)",
        (Overload((is_value, is_value, is_value), _decoded, _decode, repeats=1),),
    ),
)

ARRAYS = (
    Operation(
        "at",
        "(array, int n) → element; also array[n]",
        "digest",
        "n counts from 0; out of range gives null (assumed)",
        (
            Overload(
                (is_array, INT8), _element, "CASE WHEN {1} >= 0 THEN {0}[least({1}, 2147483646) + 1] END"
            ),
        ),
    ),
    Operation("size", "(array) → int8", "exemplified", "", (Overload((is_array,), INT8, "len({0})"),)),
)

OPERATIONS = LOGIC + ARRAYS
