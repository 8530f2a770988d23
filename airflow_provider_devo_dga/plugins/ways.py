"""The links that the server puts onto a stored page, which knows only what lay beside it when it was made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

_PLACE = re.compile(rb"<!-- way -->.*?<!-- /way -->", re.DOTALL)
_MAIN = b"<main>"


class Way(NamedTuple):
    """A link, as seen from the page."""

    address: str
    text: str


def with_ways(page: bytes, ways: Sequence[Way]) -> bytes:
    """Return a page that leads to these places instead of those it was made with.

    What pages say of events is escaped, so nobody else can write the mark; pages of earlier releases
    have none, and get the links at their beginning.
    """
    links = "".join(f'<a href="{escape(way.address)}">{escape(way.text)}</a>' for way in ways).encode()
    if _PLACE.search(page):
        return _PLACE.sub(lambda _: links, page, count=1)
    return page.replace(_MAIN, _MAIN + b'<nav class="way" aria-label="Reports">' + links + b"</nav>", 1)
