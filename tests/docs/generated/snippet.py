"""Code that runs elsewhere, shown in the docs: files, and lines between ``# [START x]`` and ``# [END x]``."""

from __future__ import annotations

import re

from tests.docs.generated.markdown import fenced
from tests.docs.generated.place import ROOT


def snippet(path: str, name: str) -> str:
    """Return a snippet without its common indent."""
    text = (ROOT / path).read_text(encoding="utf-8")
    found = re.search(rf"^( *)# \[START {name}\]\n(.*?)\n *# \[END {name}\]$", text, re.DOTALL | re.MULTILINE)
    if found is None:
        raise ValueError(f"{path} has no snippet {name}")
    lines = (line.removeprefix(found[1]) for line in found[2].strip("\n").splitlines())
    return fenced("python", "\n".join(lines))


def file(path: str) -> str:
    """Return a whole file."""
    return fenced("python", (ROOT / path).read_text(encoding="utf-8").strip())
