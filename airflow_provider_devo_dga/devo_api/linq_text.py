"""What in the text of a query is asked, and what is a comment, a pragma or the text of a constant."""

from __future__ import annotations

import re

from airflow_provider_devo_dga.spelling import nearest

_COMMENT = re.compile(r"""[\x00-\x1f\x7f"'\\]""")
# what may hold the look of a comment or pragma, and those themselves
_TOKEN = re.compile(
    r"""
    "(?:[^"\\]|\\.)*" | '[^']*' | `[^`]*`
    | (?P<comment>//[^\n]*)
    | (?P<pragma>(?<![\w.])pragma\s+[A-Za-z_][\w.]*\s*:)
    """,
    re.VERBOSE | re.DOTALL,
)
# a set of one field, `{status}`, is LINQ
_BRACED = re.compile(r"\{\s*([A-Za-z_]\w*)\s*\}")


def parted(text: str) -> tuple[str, str]:
    """Return what a query asks, and the pragmas behind it, which its author has written."""
    text = text.removeprefix("\ufeff")
    for token in _TOKEN.finditer(text):
        if token["pragma"]:
            return text[: token.start()], text[token.start() :]
    return text, ""


def ends_in_comment(text: str) -> bool:
    """Tell whether what is added to a text would be part of its last comment."""
    return any(token["comment"] and token.end() == len(text) for token in _TOKEN.finditer(text))


def comment_text(value: str) -> str:
    """Return a pragma's value as it may be sent; Devo's grammar has no escape: what ends it becomes ``_``."""
    return _COMMENT.sub("_", value)


def misplaced_window(text: str) -> str | None:
    """Return what was meant for the ``{window}`` of an address; None where no such thing is asked.

    What else stands in braces is LINQ, or a constant's: ``{2,3}``, ``{status}``, ``"{window}"``.
    """
    asked = _TOKEN.sub(" ", parted(text)[0])
    return next((found[0] for found in _BRACED.finditer(asked) if nearest(found[1], ["window"])), None)
