"""What is drawn in a module's docstring: the tree of errors, the table of Devo's types."""

from __future__ import annotations

import ast
import re

from tests.docs.generated.markdown import fenced, table
from tests.docs.generated.place import PACKAGE
from tests.docs.generated.source import module


def errors() -> str:
    """Return the tree of errors, as drawn in its module."""
    text = (ast.get_docstring(module(f"{PACKAGE}/errors.py")) or "").partition("::\n")[2]
    lines = [line.removeprefix("    ") for line in text.strip("\n").splitlines()]
    return fenced("text", "\n".join(lines))


def types() -> str:
    """Return the table of types, as drawn in its module."""
    lines = (ast.get_docstring(module(f"{PACKAGE}/devo_api/types.py")) or "").splitlines()
    ruler, *_ = (line for line in lines if line.startswith("==="))
    first, head, last = (number for number, line in enumerate(lines) if line == ruler)
    starts = [match.start() for match in re.finditer("=+", ruler)]
    rows = [
        tuple(line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True))
        for line in (lines[first + 1], *lines[head + 1 : last])
    ]
    return table(rows[0], rows[1:])
