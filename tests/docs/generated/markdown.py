"""Pieces of Markdown: tables, code, and docstrings' own marks turned into it."""

from __future__ import annotations

import re
from collections.abc import Iterable


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def code(text: str) -> str:
    """Return a span of code that may hold backslashes."""
    # Python-Markdown takes a backslash before a backtick for an escape, also inside code
    return f"<code>{text.replace(chr(92), '&#92;')}</code>" if "\\" in text else f"`{text}`"


def fenced(language: str, text: str) -> str:
    """Return a block of code."""
    return f"```{language}\n{text}\n```"


def from_rest(text: str) -> str:
    """Return a docstring's paragraph on one line, with its roles and double backticks as Markdown."""
    one_line = " ".join(text.split())
    one_line = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", one_line)
    return one_line.replace("``", "`")
