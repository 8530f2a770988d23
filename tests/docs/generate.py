"""Fill the generated blocks of the docs from the code: ``python tests/docs/generate.py`` rewrites them.

A block stands between ``<!-- generated: KIND ARGUMENTS -->`` and ``<!-- end generated -->``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.docs.generated import data_shapes, drawings, feature_tables, reference, rooms, sandbox_tables
from tests.docs.generated.place import ROOT, pages
from tests.docs.generated.snippet import file, snippet

BLOCK = re.compile(r"(<!-- generated: ([^>]+?) -->\n).*?(<!-- end generated -->)", re.DOTALL)

KINDS: dict[str, Callable[..., str]] = {
    "snippet": snippet,
    "file": file,
    "features": feature_tables.features,
    "nodes": feature_tables.nodes,
    "assumptions": feature_tables.assumptions,
    "operations": sandbox_tables.operations,
    "faults": sandbox_tables.faults,
    "outcomes": sandbox_tables.outcomes,
    "errors": drawings.errors,
    "types": drawings.types,
    "purpose": reference.purpose,
    "facts": reference.facts,
    "index": reference.index,
    "rooms": rooms.rooms,
    "shapes": data_shapes.shapes,
}


def filled(text: str) -> str:
    """Return a page with its generated blocks as the code is now."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{_content(found[2])}\n\n{found[3]}", text)


def _content(wanted: str) -> str:
    kind, *arguments = wanted.split()
    return KINDS[kind](*arguments)


def main() -> int:
    """Rewrite the pages whose blocks are stale; name them."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if (new := filled(text)) != text:
            page.write_text(new, encoding="utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
