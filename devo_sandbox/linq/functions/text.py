"""The operations on text."""

from __future__ import annotations

from collections.abc import Sequence

from devo_sandbox.linq.functions import regexps
from devo_sandbox.linq.functions.operation import Operation, Overload, is_written
from devo_sandbox.linq.sql import Piece, quoted
from devo_sandbox.linq.types import BOOL, FLOAT8, INT8, REGEXP, STR, TEMPLATE, array_of

# Longer than any text, and near enough for DuckDB's own arithmetic.
LONGEST = "2147483646"
START = f"least({{1}}, {LONGEST}) + 1"
# an empty text has one empty part; by an empty separator DuckDB 2.0.0 says so, too, and 2.0.1 says none
PARTS = "CASE WHEN {1} IS NULL THEN NULL WHEN {0} = '' THEN [''] ELSE string_split({0}, {1}) END"
AT = f"least({{2}}, {LONGEST}) + 1"
BLANK = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)"


def _written_str(piece: Piece) -> bool:
    return piece.type == STR and is_written(piece)


def _written_group(piece: Piece) -> bool:
    return piece.type == INT8 and isinstance(piece.written, int) and 0 <= piece.written <= 9


def _pattern(arguments: Sequence[Piece]) -> str:
    pattern = str(arguments[0].written)
    regexps.check(pattern)
    return quoted(pattern)


def _template(arguments: Sequence[Piece]) -> str:
    # DuckDB would read \1 as a group; the template is taken as plain text.
    return quoted(str(arguments[0].written).replace("\\", "\\\\"))


def _steps(arguments: Sequence[Piece]) -> int:
    return regexps.steps(str(arguments[0].written))


def _once_more(arguments: Sequence[Piece]) -> int:
    return arguments[0].longest + arguments[2].longest


def _each_replaced(arguments: Sequence[Piece]) -> int:
    text, replaced, by = arguments
    # what is not written may have a single character
    width = max(1, len(replaced.written) if isinstance(replaced.written, str) else 1)
    return text.longest + text.longest // width * max(0, by.longest - width)


def _each_match_replaced(arguments: Sequence[Piece]) -> int:
    text, pattern, by = arguments
    if not regexps.takes_nothing(pattern.text):
        return text.longest * max(1, by.longest)
    return text.longest + (text.longest + 1) * by.longest


def _peek(arguments: Sequence[Piece]) -> str:
    text, pattern = arguments[0].text, arguments[1].text
    group = int(str(arguments[2].written)) if len(arguments) == 3 else 0
    regexps.check_group(pattern, group)
    return f"CASE WHEN regexp_matches({text}, {pattern}) THEN regexp_extract({text}, {pattern}, {group}) END"


REPLACE_FIRST = (
    "CASE WHEN {1} IS NULL OR {2} IS NULL THEN NULL WHEN instr({0}, {1}) = 0 THEN {0} "
    "ELSE left({0}, instr({0}, {1}) - 1) || {2} || substring({0}, instr({0}, {1}) + length({1})) END"
)

OPERATIONS = (
    Operation(
        "length", "(str) → int8", "digest", "counts code points", (Overload((STR,), INT8, "length({0})"),)
    ),
    Operation("lower", "(str) → str", "digest", "", (Overload((STR,), STR, "lower({0})"),)),
    Operation("upper", "(str) → str", "digest", "", (Overload((STR,), STR, "upper({0})"),)),
    Operation(
        "trim", "(str) → str", "digest", "ASCII blanks", (Overload((STR,), STR, f"trim({{0}}, {BLANK})"),)
    ),
    Operation(
        "reverse",
        "(str) → str",
        "digest",
        "",
        (Overload((STR,), STR, "list_aggregate(string_split({0}, '')[:-:-1] || [''], 'string_agg', '')"),),
    ),
    Operation(
        "substring",
        "(str, int start[, int length]) → str",
        "digest",
        "start counts from 0; a negative number gives null (assumed)",
        (
            Overload((STR, INT8), STR, "CASE WHEN {1} >= 0 THEN substring({0}, " + START + ") END"),
            Overload(
                (STR, INT8, INT8),
                STR,
                "CASE WHEN {1} >= 0 AND {2} >= 0 THEN substring({0}, "
                + START
                + ", least({2}, "
                + LONGEST
                + ")) END",
            ),
        ),
    ),
    Operation(
        "split",
        "(str, str separator, int n) → str; (str, str separator) → array(str)",
        "digest",
        "n counts from 0; out of range gives null (assumed)",
        (
            Overload(
                (STR, STR, INT8),
                STR,
                f"CASE WHEN {{2}} >= 0 THEN ({PARTS})[{AT}] END",
            ),
            Overload((STR, STR), array_of(STR), PARTS),
        ),
    ),
    Operation(
        "splitre",
        "(str, regexp, int n) → str",
        "digest",
        "n counts from 0; out of range gives null (assumed)",
        (
            Overload(
                (STR, REGEXP, INT8),
                STR,
                "CASE WHEN {2} >= 0 THEN string_split_regex({0}, {1})[least({2}, 2147483646) + 1] END",
            ),
        ),
    ),
    Operation(
        "replace",
        "(str, str, str) → str",
        "digest",
        "first only",
        (Overload((STR,) * 3, STR, REPLACE_FIRST, longest=_once_more),),
    ),
    Operation(
        "replaceall",
        "(str, str, str) → str",
        "digest",
        "plain text, not a pattern",
        (Overload((STR,) * 3, STR, "replace({0}, {1}, {2})", longest=_each_replaced),),
    ),
    Operation(
        "re",
        "(str) → regexp",
        "digest",
        "a written string only; RE2 syntax",
        (Overload((_written_str,), REGEXP, _pattern, longest=_steps),),
    ),
    Operation(
        "template",
        "(str) → template",
        "digest",
        "a written string only; taken as plain text, groups are not known (assumed)",
        (Overload((_written_str,), TEMPLATE, _template),),
    ),
    Operation(
        "matches",
        "(str, regexp) → bool; also str ~ regexp",
        "digest",
        "searches anywhere in the text (assumed)",
        (Overload((STR, REGEXP), BOOL, "regexp_matches({0}, {1})"),),
    ),
    Operation(
        "subs",
        "(str, regexp, template) → str",
        "digest",
        "first match",
        (Overload((STR, REGEXP, TEMPLATE), STR, "regexp_replace({0}, {1}, {2})", longest=_once_more),),
    ),
    Operation(
        "subsall",
        "(str, regexp, template) → str",
        "digest",
        "every match",
        (
            Overload(
                (STR, REGEXP, TEMPLATE),
                STR,
                "regexp_replace({0}, {1}, {2}, 'g')",
                longest=_each_match_replaced,
            ),
        ),
    ),
    Operation(
        "peek",
        "(str, regexp[, int group]) → str",
        "digest",
        "group 0 by default (assumed); no match gives null (assumed)",
        (Overload((STR, REGEXP), STR, _peek), Overload((STR, REGEXP, _written_group), STR, _peek)),
    ),
    Operation(
        "isempty",
        "(str) → bool",
        "digest",
        "null gives null (assumed)",
        (Overload((STR,), BOOL, "{0} = ''"),),
    ),
    Operation(
        "shannonentropy",
        "(str) → float8",
        "digest",
        "bits over code points (assumed)",
        (
            Overload(
                (STR,),
                FLOAT8,
                "CASE WHEN {0} = '' THEN 0.0 ELSE list_aggregate(string_split({0}, ''), 'entropy') END",
            ),
        ),
    ),
    Operation(
        "countbyfilter",
        "(str, str characters) → int8",
        "exemplified",
        "counts the characters of the first that occur in the second (assumed)",
        (Overload((STR, STR), INT8, "length({0}) - length(translate({0}, {1}, ''))"),),
    ),
)
