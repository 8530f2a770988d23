"""Devo's tags, and the tables that their events go to."""

from __future__ import annotations

import re

# Two to six levels; a hyphen may stand in a tag, not in the name of its table, which is in camel case there.
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*){1,5}")
LONGEST = 200
HYPHEN = re.compile(r"-+(\w?)")
UNKNOWN = "unknown.unknown"
CUSTOM = "my.app."


def table_of(tag: str) -> str | None:
    """Return the name of the table for a tag, None for what is no tag."""
    if len(tag) > LONGEST or not TAG.fullmatch(tag):
        return None
    return HYPHEN.sub(lambda found: found[1].upper(), tag)


def is_custom(table: str) -> bool:
    """Tell whether a table of that name comes into being with its first event."""
    return table.startswith(CUSTOM)
