"""What our own log adds to a refusal: where in the query, and what would be understood instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import lark

from devo_sandbox.wire_errors import WireError

Place = tuple[int, int]
# Words of other query languages, and what LINQ has for them.
INSTEAD = {
    "order": "rows come by eventdate, or by the keys of a group; sort what you read",
    "sort": "rows come by eventdate, or by the keys of a group; sort what you read",
    "offset": "the request takes an offset",
    "having": "use where after group",
    "join": "one query reads one table",
    "let": "name a value with select … as",
    "then": "write one clause after another",
    "as": "an alias is a name, or anything else between backticks",
    "contains": "use has",
    "like": "use has or matches",
    "coalesce": "use nvl",
    "toint": "use int",
    "countdistinct": "use sizedistinct or hllppcount",
    "uridomain": "use rootdomain(urihost(…)) or rootsuffix(urihost(…))",
}


def placed(error: WireError, place: Place | None, advice: str = "") -> WireError:
    """Add a place to an error that has none yet, and advice."""
    if advice:
        error.detail = f"{error.detail}; {advice}"
    if place is not None and not error.detail.startswith("line "):
        error.detail = f"line {place[0]}, column {place[1]}: {error.detail}"
    return error


def near(name: str, known: Iterable[str]) -> str:
    """Name what ``name`` may have been meant for, or what there is."""
    if name.lower() in INSTEAD:
        return INSTEAD[name.lower()]
    names = sorted(known)
    close = difflib.get_close_matches(name[:60], names, n=3)
    return f"close: {', '.join(close)}" if close else f"known: {', '.join(names[:40])}"


def unexpected(error: lark.exceptions.UnexpectedInput, text: str) -> str:
    """Say where a text stops being a query, show the spot, and name what could stand there."""
    place = f"line {error.line}, column {error.column}" if error.line > 0 else "at the end"
    shown = error.get_context(text, span=30).strip() if error.line > 0 else ""
    found = getattr(error, "token", None)
    if isinstance(error, lark.exceptions.UnexpectedToken):
        wanted = sorted(error.accepts or error.expected)
    else:
        wanted = sorted(getattr(error, "allowed", None) or ())
    word = str(found).lower() if found is not None else ""
    advice = INSTEAD.get(word) or f"could be: {', '.join(wanted[:20])}"
    return f"{place}: {shown}; {advice}"
