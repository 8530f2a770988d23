"""The tree of a package's rooms, each with the first line of its docstring."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.docs.generated.markdown import fenced
from tests.docs.generated.place import ROOT
from tests.docs.generated.source import module


def rooms(*packages: str) -> str:
    """Return the tree of packages: a line for each folder with an ``__init__.py``."""
    lines = [line for package in packages for line in _below(ROOT / package, 0)]
    width = max(len(name) for name, _ in lines) + 2
    return fenced("text", "\n".join(f"{name:<{width}}{purpose}" for name, purpose in lines))


def _below(folder: Path, depth: int) -> Iterator[tuple[str, str]]:
    start = folder / "__init__.py"
    if not start.is_file():
        return
    said = ast.get_docstring(module(str(start.relative_to(ROOT)))) or ""
    yield f"{'  ' * depth}{folder.name}/", said.partition("\n")[0].replace("``", "")
    for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
        yield from _below(inner, depth + 1)
