"""Ways in which a stored document of figures may be damaged, as changes of a whole one's text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Damage = Callable[[str], str | bytes]


def _with(**changes: Mapping[str, Any]) -> Damage:
    """Change fields of the report's parts."""

    def damaged(text: str) -> str:
        found = json.loads(text)
        return json.dumps({**found, **{part: found[part] | dict(new) for part, new in changes.items()}})

    return damaged


ANYTHING: dict[str, Damage] = {
    "nothing": lambda text: "",
    "half of it": lambda text: text[: len(text) // 2],
    "no object": lambda text: "[]",
    "deep nesting": lambda text: "[" * 200_000,
    "deep nesting of objects": lambda text: '{"a":' * 200_000,
    "no UTF-8": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "format in words": lambda text: json.dumps(json.loads(text) | {"format": "one"}),
}

DAMAGED: dict[str, Damage] = {
    **ANYTHING,
    "an overflow": lambda text: text.replace('"clients": 5', '"clients": 1e400'),
    "a count beyond all counts": _with(totals={"clients": 10**400}),
    "a negative count": _with(totals={"domains": -1}),
    "text for a count": _with(totals={"clients": "many"}),
    "an endless expectation": _with(totals={"domains_expected_false": 1e308}),
    "a number for a version": _with(context={"model_version": 5}),
    "a window without a zone": _with(context={"window_start": "2026-11-24T14:00:00"}),
    "a window before the calendar": _with(
        context={"window_start": "0001-01-01T00:00:00+14:00", "window_end": "0001-01-02T00:00:00+14:00"}
    ),
    "a reversed window": _with(context={"window_end": "2025-11-24T13:00:00Z"}),
    "a threshold of text": _with(context={"threshold": "high"}),
    "no totals": lambda text: json.dumps({**json.loads(text), "totals": None}),
    "no context": lambda text: json.dumps({**json.loads(text), "context": []}),
}
