"""The blocks of code in README and docs, with what stands around them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.generated.place import ROOT, pages

_FENCE = re.compile(r"^( *)```(\S*)[^\n]*\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_GENERATED = re.compile(r"<!-- generated: (\w+).*?<!-- end generated -->", re.DOTALL)
_MARK = re.compile(r"<!-- tested: (\w+) -->\s*\Z")


@dataclass(frozen=True)
class Block:
    """One block.

    :param mark: of the comment ``<!-- tested: mark -->`` above it, empty without.
    :param generated: kind of the generated block that it lies in, empty outside of one.
    """

    page: Path
    line: int
    language: str
    code: str
    mark: str
    generated: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """Return the blocks of some languages, of all when none is named."""
    return [block for page in pages() for block in _of(page) if not languages or block.language in languages]


def _of(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    generated = [(found.span(), found[1]) for found in _GENERATED.finditer(text)]
    for found in _FENCE.finditer(text):
        mark = _MARK.search(text[: found.start()])
        yield Block(
            page=page,
            line=text.count("\n", 0, found.start()) + 1,
            language=found[2],
            code="".join(line.removeprefix(found[1]) for line in found[3].splitlines(keepends=True)),
            mark=mark[1] if mark else "",
            generated=next((kind for (a, b), kind in generated if a < found.start() < b), ""),
        )


def commands(block: Block) -> Iterator[list[str]]:
    """Yield the commands of a console or shell block, split as a shell does."""
    waiting = ""
    for line in block.code.splitlines():
        begins = line.startswith("$ ")
        if block.language == "console" and not (begins or waiting):
            continue  # what a command prints
        waiting += (line.removeprefix("$ ") if begins else line) + "\n"
        waiting = waiting.replace("\\\n", " ")
        try:
            words = shlex.split(waiting, comments=True)
        except ValueError:  # a quotation goes on in the next line
            continue
        if not line.endswith("\\"):
            yield words
            waiting = ""
    assert not waiting, f"{block}: {waiting!r} does not end"


def printed(block: Block) -> list[str]:
    """Return the lines of a console block that are printed."""
    return [line for line in block.code.splitlines() if line and not line.startswith("$ ")]
