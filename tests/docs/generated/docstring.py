"""A docstring in parts: what it says, of each parameter, of what comes back, and of errors."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from tests.docs.generated.markdown import from_rest

_PARAM = re.compile(r":param (\w+): ?(.*)", re.DOTALL)
_RAISES = re.compile(r":raises (\w+): ?(.*)", re.DOTALL)


@dataclass
class Docstring:
    """The parts, as Markdown.

    :param prose: paragraphs, the summary first.
    :param returns: what comes back, empty when it is not told.
    :param raises: error and when, in the order told.
    """

    prose: list[str] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    returns: str = ""
    raises: list[tuple[str, str]] = field(default_factory=list)


def docstring(node: ast.ClassDef | ast.FunctionDef) -> Docstring:
    """Return the docstring of a class or function in parts."""
    told = Docstring()
    for paragraph in (ast.get_docstring(node) or "").split("\n\n"):
        if paragraph.startswith("    ") or paragraph == "::":
            continue  # a drawing or an example: the page has its own
        for entry in re.split(r"\n(?=:)", paragraph):
            if found := _PARAM.match(entry):
                told.params[found[1]] = from_rest(found[2])
            elif found := _RAISES.match(entry):
                told.raises.append((found[1], from_rest(found[2])))
            elif entry.startswith(":return:"):
                told.returns = from_rest(entry.removeprefix(":return:"))
            elif entry.startswith("Returns "):
                told.returns = from_rest(entry.removeprefix("Returns "))
            elif entry:
                told.prose.append(from_rest(entry))
    return told
