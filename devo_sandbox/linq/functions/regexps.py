"""Judge a pattern before a query runs: the engine that will run it is asked, on an empty text."""

from __future__ import annotations

import re
import threading
from functools import cache, lru_cache

import duckdb

from devo_sandbox import wire_errors
from devo_sandbox.linq.sql import quoted

# Skips escapes and plain characters, then stops at what RE2 takes but reads differently than Java:
# sets within sets, && in sets, (?U), (?P<, and \\v.
ELSEWHERE = re.compile(
    r"""
    (?<!\\)(?:\\\\)*            # an even number of backslashes
    (?: \\[vC]
      | \(\?[a-zA-Z]*U
      | \(\?P<
      | \[\^?\]?(?:[^\[\]\\]|\\.)*(?:\[|&&)
    )""",
    re.VERBOSE | re.DOTALL,
)
STEP = re.compile(
    r"""
    \\Q.*?(?:\\E|$)
    | \\[pPx](?:\{[^}]*\}|.)
    | \\.
    | \[\^?\]?(?:\\.|[^\]\\])*\]?
    | \{(?P<least>\d+)(?:,(?P<most>\d*))?\}
    | .""",
    re.VERBOSE | re.DOTALL,
)
CLASS_STEPS = 150
ENDLESS = 10**9
_lock = threading.Lock()


@lru_cache(maxsize=256)
def check(pattern: str) -> None:
    """Refuse a pattern that cannot be compiled.

    :raises WireError: Devo's parsing error.
    """
    if found := ELSEWHERE.search(pattern):
        raise wire_errors.parsing_error(
            f"pattern {pattern!r}: {found[0]!r} has another meaning in Java's patterns, which Devo takes"
        )
    _try(f"SELECT regexp_matches('', {quoted(pattern)})", pattern)


@lru_cache(maxsize=256)
def steps(pattern: str) -> int:
    """Return about how many steps a pattern has once its counted repetitions are unrolled."""
    groups, last = [0], 0
    for found in STEP.finditer(pattern):
        if found["least"] is not None:
            added = last * (max(int(found["least"]), int(found["most"] or 0), 1) - 1)
            last += added
        elif found[0] == "(":
            groups.append(0)
            continue
        elif found[0] == ")":
            # an opening bracket of "\Q" is none, so its closing one may be one too many
            added = last = groups.pop() if len(groups) > 1 else groups[0]
        else:
            added = last = 1 + len(found[0]) // 4 + CLASS_STEPS * len(re.findall(r"\\[pP]", found[0]))
        groups[-1] = min(groups[-1] + added, ENDLESS)
        last = min(last, ENDLESS)
    return min(sum(groups), ENDLESS)


@lru_cache(maxsize=256)
def takes_nothing(quoted_pattern: str) -> bool:
    """Say whether a pattern, already SQL, matches the empty text."""
    with _lock:
        return bool(_scratch().execute(f"SELECT regexp_matches('', {quoted_pattern})").fetchall()[0][0])


def check_group(quoted_pattern: str, group: int) -> None:
    """Refuse a group that the pattern, already SQL, does not have.

    :raises WireError: Devo's parsing error.
    """
    # Asked for a group by number, DuckDB answers an absent one with no text; asked by name, it refuses.
    names = ", ".join(f"'g{number}'" for number in range(group))
    if names:
        _try(f"SELECT regexp_extract('', {quoted_pattern}, [{names}])", quoted_pattern)


def _try(statement: str, pattern: str) -> None:
    try:
        with _lock:
            _scratch().execute(statement).fetchall()
    except duckdb.Error as error:
        raise wire_errors.parsing_error(f"pattern {pattern!r}: {error}") from error


@cache
def _scratch() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1})
