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
_lock = threading.Lock()


@lru_cache(maxsize=4096)
def check(pattern: str) -> None:
    """Refuse a pattern that cannot be compiled.

    :raises WireError: Devo's parsing error.
    """
    if found := ELSEWHERE.search(pattern):
        raise wire_errors.parsing_error(
            f"pattern {pattern!r}: {found[0]!r} has another meaning in Java's patterns, which Devo takes"
        )
    _try(f"SELECT regexp_matches('', {quoted(pattern)})", pattern)


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
