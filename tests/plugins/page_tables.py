"""What stands in the tables of a page."""

from __future__ import annotations

import re


def cells(text: str, label: str) -> list[list[str]]:
    """Return the text of a table's cells, without the head; the table is the one of a labelled region."""
    found = re.search(rf'aria-label(?:ledby)?="{label}" tabindex.*?<tbody>(.*?)</tbody>', text, re.DOTALL)
    assert found, f"there is no table {label!r}"
    rows = re.findall(r"<tr>(.*?)</tr>", found[1], re.DOTALL)
    return [
        [
            " ".join(re.sub(r"<[^>]*>", " ", cell).split())
            for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)
        ]
        for row in rows
    ]
