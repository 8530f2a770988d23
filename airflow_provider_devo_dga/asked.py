"""What a Parquet file of rows says of the query that wrote it, in its metadata."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def asked_facts(query: str, window: Mapping[str, str]) -> dict[str, str]:
    """Return the facts: digest of the query's text, and its window.

    :param window: ``from`` and ``to``, ISO 8601; without them the window is left out.
    """
    facts = {"devo.query": hashlib.sha256(query.encode()).hexdigest()}
    if {"from", "to"} <= set(window):
        facts["devo.window"] = f"{window['from']} {window['to']}"
    return facts
