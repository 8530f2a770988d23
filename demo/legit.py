"""Legit hosts: popular ones by name, and as many composed ones as are asked for.

The popular names are those of the npm package top-sites (MIT, licence beside the list); the others are made
from word lists and belong to nobody on purpose. A composed name may exist by chance.
"""

from __future__ import annotations

import random
from itertools import islice
from typing import TYPE_CHECKING

from demo.compositions import WAYS
from demo.labels import registrable_domain
from demo.suffixes import draw_suffix
from demo.text_files import read_lines
from demo.vocabulary import draw_language

if TYPE_CHECKING:
    from collections.abc import Iterator


def top_sites() -> tuple[str, ...]:
    """Return well-known registrable domains, most linked first."""
    return read_lines("top_sites.txt")


def composed_hosts(seed: int) -> Iterator[str]:
    """Yield registrable domains without end; no label comes twice, nor is it one of the top sites'."""
    rng = random.Random(seed)  # noqa: S311 (repeatable on purpose)
    ways, weights = list(WAYS), list(WAYS.values())
    seen = {host.split(".", 1)[0] for host in top_sites()}
    while True:
        language = draw_language(rng)
        label = rng.choices(ways, weights)[0](rng, language)
        host = f"{label}.{draw_suffix(rng, language)}"
        # Some words are public suffixes below another one: info.pl is nobody's name.
        if label not in seen and 2 <= len(label) <= 40 and registrable_domain(host) == host:
            seen.add(label)
            yield host


def legit_hosts(count: int, seed: int) -> list[str]:
    """Return ``count`` hosts, unique by registrable domain: all top sites first, then composed ones."""
    known = list(top_sites()[:count])
    return known + list(islice(composed_hosts(seed), count - len(known)))
