"""The operations on numbers, and on moments and durations where they share an operator."""

from __future__ import annotations

from devo_sandbox.linq.functions.operation import Operation, Overload
from devo_sandbox.linq.sql import moment, nonzero
from devo_sandbox.linq.types import DURATION, FLOAT8, INT8, TIMESTAMP

TOO_LARGE = "an integer beyond 64 bits breaks the answer off (assumed)"
REAL_QUOTIENT = f"{{0}} / ({nonzero('{1}')})"
# By -1 nothing is left over, where the processor would overflow.
REMAINDER = f"CASE WHEN {{1}} = -1 THEN {{0}} & 0 ELSE {{0}} % ({nonzero('{1}')}) END"
MODULO = (
    f"{REMAINDER} + CASE WHEN {REMAINDER} <> 0 AND ({REMAINDER} < 0) <> ({{1}} < 0) THEN {{1}} ELSE 0 END"
)


def _float8_or_null(expression: str) -> str:
    return f"CASE WHEN isfinite({expression}) THEN {expression} END"


def _arithmetic(operator: str) -> tuple[Overload, ...]:
    text = f"{{0}} {operator} {{1}}"
    return (Overload((INT8, INT8), INT8, text), Overload((FLOAT8, FLOAT8), FLOAT8, text))


def _rounded(name: str, sql: str) -> Operation:
    overloads = (Overload((INT8,), INT8, "{0}"), Overload((FLOAT8,), FLOAT8, sql))
    return Operation(name, "(number) → number", "digest", "a real stays a real (assumed)", overloads)


def _logarithm(name: str, sql: str, note: str) -> Operation:
    overload = Overload((FLOAT8,), FLOAT8, f"CASE WHEN {{0}} > 0 THEN {sql} END")
    return Operation(
        name, "(number) → float8", "digest", f"{note}not above 0 gives null (assumed)", (overload,)
    )


OPERATIONS = (
    Operation(
        "+",
        "number + number; timestamp + duration",
        "digest",
        TOO_LARGE,
        (
            *_arithmetic("+"),
            Overload((TIMESTAMP, DURATION), TIMESTAMP, moment("{0} + {1}")),
            Overload((DURATION, DURATION), DURATION, "{0} + {1}"),
        ),
    ),
    Operation(
        "-",
        "number - number; timestamp - duration; timestamp - timestamp",
        "digest",
        TOO_LARGE,
        (
            *_arithmetic("-"),
            Overload((TIMESTAMP, DURATION), TIMESTAMP, moment("{0} - {1}")),
            Overload((TIMESTAMP, TIMESTAMP), DURATION, "{0} - {1}"),
            Overload((DURATION, DURATION), DURATION, "{0} - {1}"),
        ),
    ),
    Operation("*", "number * number", "digest", TOO_LARGE, _arithmetic("*")),
    Operation(
        "/",
        "number / number",
        "digest",
        "two integers give an integer, towards 0; by 0 gives null (assumed)",
        (
            Overload((INT8, INT8), INT8, f"{{0}} // ({nonzero('{1}')})"),
            Overload((FLOAT8, FLOAT8), FLOAT8, REAL_QUOTIENT),
        ),
    ),
    Operation(
        "rdiv",
        "(number, number) → float8; also number \\ number",
        "digest",
        "by 0 gives null (assumed)",
        (Overload((FLOAT8, FLOAT8), FLOAT8, REAL_QUOTIENT),),
    ),
    Operation(
        "%",
        "int % int → int8",
        "digest",
        "the remainder, with the sign of the first; by 0 gives null (assumed)",
        (Overload((INT8, INT8), INT8, REMAINDER),),
    ),
    Operation(
        "%%",
        "int %% int → int8",
        "digest",
        "the modulo, with the sign of the second; by 0 gives null (assumed)",
        (Overload((INT8, INT8), INT8, MODULO),),
    ),
    Operation(
        "negative",
        "- number",
        "digest",
        TOO_LARGE,
        (Overload((INT8,), INT8, "-{0}"), Overload((FLOAT8,), FLOAT8, "-{0}")),
    ),
    Operation(
        "abs",
        "(number) → number",
        "digest",
        TOO_LARGE,
        (Overload((INT8,), INT8, "abs({0})"), Overload((FLOAT8,), FLOAT8, "abs({0})")),
    ),
    _rounded("round", "round({0})"),
    _rounded("floor", "floor({0})"),
    _rounded("ceil", "ceil({0})"),
    _logarithm("log", "ln({0})", "natural (assumed); "),
    _logarithm("log2", "log2({0})", ""),
    _logarithm("log10", "log10({0})", ""),
    Operation(
        "pow",
        "(number, number) → float8",
        "digest",
        "no finite result gives null (assumed)",
        (Overload((FLOAT8, FLOAT8), FLOAT8, _float8_or_null("pow({0}, {1})")),),
    ),
    Operation(
        "sqrt",
        "(number) → float8",
        "digest",
        "below 0 gives null (assumed)",
        (Overload((FLOAT8,), FLOAT8, "CASE WHEN {0} >= 0 THEN sqrt({0}) END"),),
    ),
)
