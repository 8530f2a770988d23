"""The lists that ship with the package: one entry a line."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def read_lines(name: str) -> tuple[str, ...]:
    """Return the lines of ``data/<name>`` in the file's order, without line ends."""
    text = (files("demo") / "data" / name).read_text("utf-8")
    return tuple(text.splitlines())
