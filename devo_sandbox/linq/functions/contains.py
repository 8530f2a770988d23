"""The operations that look for one text in another."""

from __future__ import annotations

from collections.abc import Sequence

from devo_sandbox.linq.functions.operation import Operation, Overload
from devo_sandbox.linq.sql import Piece, braced, quoted
from devo_sandbox.linq.types import BOOL, INT8, STR

DELIMITER = r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]"
BEFORE = braced(quoted(f"(?:^|{DELIMITER})"))
AFTER = braced(quoted(f"(?:{DELIMITER}|$)"))


def _any_of(template: str) -> Overload:
    def build(arguments: Sequence[Piece]) -> str:
        text, *wanted = (a.text for a in arguments)
        found = " OR ".join(template.format(text, w) for w in wanted)
        # One null among several would be lost in the "or".
        known = " AND ".join(f"{a.text} IS NOT NULL" for a in arguments[1:] if not a.is_written)
        return f"CASE WHEN {known} THEN {found} END" if known and len(wanted) > 1 else found

    return Overload((STR, STR), BOOL, build, repeats=1)


def _tokens(name: str, text: str, token: str, note: str) -> Operation:
    def searched(left: str, right: str) -> str:
        return f"regexp_matches({text}, {left} || regexp_escape({token}) || {right})"

    def side(bound: str, pattern: str) -> str:
        return f"CASE {bound} WHEN true THEN {pattern} WHEN false THEN '' END"

    left, right = side("{2}", BEFORE), side("{3}", AFTER)
    overloads = (
        Overload((STR, STR), BOOL, searched(BEFORE, AFTER)),
        Overload((STR, STR, BOOL), BOOL, searched(left, AFTER)),
        Overload((STR, STR, BOOL, BOOL), BOOL, searched(left, right)),
    )
    said = f"{note}whole tokens, between ASCII characters other than letters and digits; false for left or "
    said += "right lets the token go on there (assumed)"
    return Operation(name, "(str, str token[, bool left, bool right]) → bool", "digest", said, overloads)


OPERATIONS = (
    Operation(
        "startswith",
        "(str, str) → bool",
        "digest",
        "",
        (Overload((STR, STR), BOOL, "starts_with({0}, {1})"),),
    ),
    Operation(
        "endswith",
        "(str, str) → bool",
        "digest",
        "",
        (Overload((STR, STR), BOOL, "ends_with({0}, {1})"),),
    ),
    Operation(
        "locate",
        "(str, str) → int8",
        "digest",
        "counts from 0, -1 when absent (both assumed)",
        (Overload((STR, STR), INT8, "instr({0}, {1}) - 1"),),
    ),
    Operation(
        "eqic",
        "(str, str) → bool",
        "digest",
        "",
        (Overload((STR, STR), BOOL, "lower({0}) = lower({1})"),),
    ),
    Operation(
        "has",
        "(str, str, …) → bool; also str -> str",
        "digest",
        "any of; a null among them gives null (assumed)",
        (_any_of("contains({0}, {1})"),),
    ),
    Operation(
        "weakhas",
        "(str, str, …) → bool; also str ->> str",
        "digest",
        "any of, case ignored; a null among them gives null (assumed)",
        (_any_of("contains(lower({0}), lower({1}))"),),
    ),
    _tokens("toktains", "{0}", "{1}", ""),
    _tokens("weaktoktains", "lower({0})", "lower({1})", "case ignored; "),
)
