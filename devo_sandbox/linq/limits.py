"""How long and how deep a query may be, so that reading one takes bounded time and stack."""

from __future__ import annotations

import re

from devo_sandbox import wire_errors
from devo_sandbox.linq import tree
from devo_sandbox.linq.functions import regexps

MAX_LENGTH = 131_072
MAX_DEPTH = 150
MAX_CLAUSES = 100
MAX_NODES = 4_000
# Of comparisons in one chain: what DuckDB concludes from them grows with the square of their number.
MAX_CHAIN = 50
# Of all patterns, unrolled: compiling them takes some ten microseconds a step.
MAX_STEPS = 50_000
SURROGATE = re.compile("[\ud800-\udfff]")
# Brackets outside texts, quoted names and comments; strings that never close run to the end.
BRACKET = re.compile(
    r"""(?P<skipped>"(?:[^"\\]|\\.)*"?|'[^']*'?|`[^`\n]*`?|//[^\n]*)|(?P<opens>[(\[{])|(?P<closes>[)\]}])""",
    re.DOTALL,
)


def check_text(text: str) -> None:
    """Refuse a text that is too long, too deep, or holds what is no character.

    :raises WireError: Devo's parsing error.
    """
    if len(text) > MAX_LENGTH:
        raise wire_errors.parsing_error(f"the query has more than {MAX_LENGTH} characters")
    if "\x00" in text or SURROGATE.search(text):
        raise wire_errors.parsing_error("the query holds what is no character")
    depth = 0
    for found in BRACKET.finditer(text):
        depth += 1 if found["opens"] else -1 if found["closes"] else 0
        if depth > MAX_DEPTH:
            _refuse(f"at character {found.start() + 1}")


def check_size(query: tree.Query) -> None:
    """Refuse too many clauses, values and operations, operations nested too deep, and too much of patterns.

    :raises WireError: Devo's parsing error.
    """
    if len(query.clauses) > MAX_CLAUSES:
        raise wire_errors.parsing_error(f"more than {MAX_CLAUSES} clauses")
    count = steps = 0
    level = [expression for clause in query.clauses for expression in tree.expressions(clause)]
    for _ in range(MAX_DEPTH):
        count += len(level)
        if count > MAX_NODES:
            raise wire_errors.parsing_error(f"more than {MAX_NODES} values and operations")
        steps += sum(map(_steps, level))
        if steps > MAX_STEPS:
            raise wire_errors.parsing_error(f"patterns of more than {MAX_STEPS} steps")
        level = [part for node in level for part in tree.parts(node)]
        if not level:
            return
    _refuse("operators count, too")


def _steps(node: tree.Expression) -> int:
    match node:
        case tree.Call("re", (tree.Constant(str(pattern)),)):
            return regexps.steps(pattern)
        case _:
            return 0


def _refuse(where: str) -> None:
    raise wire_errors.parsing_error(f"nested deeper than {MAX_DEPTH} levels, {where}")
