"""Where visitors of the demo's shop come from: the ``referralUri`` of events that no malware caused."""

from __future__ import annotations

import random
from functools import cache
from itertools import accumulate, islice
from typing import TYPE_CHECKING

from demo.compositions import international, machine
from demo.legit import composed_hosts, top_sites

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHOP = "www.shop.example"
CATEGORIES = ("BEDROOM", "FLOWERS", "GIFTS", "KITCHEN", "SURPRISE", "TEDDY", "TOYS")
SEARCH_ENGINES = (
    "https://www.google.com/search?q=",
    "https://www.google.com/search?q=",
    "https://www.google.co.uk/search?q=",
    "http://www.bing.com/search?q=",
    "https://duckduckgo.com/?q=",
    "https://search.yahoo.com/search?p=",
)
TERMS = ("flowers", "teddy+bear", "gift+ideas", "blanket", "kitchen+knife", "%22red+roses%22", "toys+near+me")
PATHS = (
    "/",
    "/",
    "/",
    "/index.html",
    "/blog/",
    "/news/today",
    "/p/1042",
    "/a/b?id=7",
    "/out?url=shop",
    '/s?q="x"',
)
TAIL = 6_000
MACHINES = 40


def shop_path(rng: random.Random) -> str:
    """Draw one of the shop's own pages."""
    match rng.randrange(10):
        case 0 | 1:
            return "/"
        case 2 | 3 | 4:
            return f"/category.screen?category_id={rng.choice(CATEGORIES)}"
        case 5 | 6 | 7:
            return f"/product.screen?product_id={rng.randint(1, 400)}"
        case 8:
            return f"/cart.do?action={rng.choice(('view', 'addtocart', 'remove', 'purchase'))}"
        case _:
            return f"/static/{rng.choice(('app.js', 'shop.css', 'logo.png', 'fonts/a.woff2'))}"


def _uri(rng: random.Random, host: str) -> str:
    scheme = "https" if rng.random() < 0.85 else "http"
    www = "www." if rng.random() < 0.4 else ""
    return f"{scheme}://{www}{host}{rng.choice(PATHS)}"


def _odd(rng: random.Random) -> str:
    """Draw what a parser must survive: opaque URIs, addresses, ports, upper case, punycode."""
    number = rng.randint(1, 254)
    return rng.choice(
        (
            "mailto:orders@shop.example",
            f"mailto:customer{number}@mail.example",
            "about:blank",
            "android-app://com.google.android.gm/",
            f"http://198.51.100.{number}/",
            f"http://10.20.0.{number}:8080/intranet",
            f"http://[2001:db8::{number:x}]/",
            'https://shop.example.co.uk:8443/a/b?q="x"',
            "http://intranet:8000/",
            "HTTP://WWW.EXAMPLE.COM/Landing",
            "https://News.Example.ORG/Today",
            f"https://{international(rng, 'de')}.de/",
        )
    )


class Referrals:
    """Draws referral URIs: popular hosts often, a long tail, search engines, the shop itself, or none.

    :param seed: decides which hosts the tail has; the order of draws is the caller's generator's.
    """

    def __init__(self, seed: int) -> None:
        self._popular = top_sites()
        self._popular_weights = _zipf(len(self._popular), offset=2)
        self._tail = _tail(seed)
        self._machines = _machines(seed)
        self._tail_weights = _zipf(TAIL, offset=20)
        self._sources = (
            (0.30, self._own),
            (0.52, self._none),
            (0.62, self._search),
            (0.83, self._from_popular),
            (0.99, self._from_tail),
            (0.995, self._from_machine),
            (1.0, _odd),
        )

    def draw(self, rng: random.Random) -> str | None:
        """Draw one; None and ``""`` both mean that the browser sent no referral."""
        drawn = rng.random()
        source: Callable[[random.Random], str | None]
        source = next(source for share, source in self._sources if drawn < share)
        return source(rng)

    def _own(self, rng: random.Random) -> str:
        return f"https://{SHOP}{shop_path(rng)}"

    def _none(self, rng: random.Random) -> str | None:
        return None if rng.random() < 0.9 else ""

    def _search(self, rng: random.Random) -> str:
        return rng.choice(SEARCH_ENGINES) + rng.choice(TERMS)

    def _from_popular(self, rng: random.Random) -> str:
        return _uri(rng, rng.choices(self._popular, cum_weights=self._popular_weights)[0])

    def _from_tail(self, rng: random.Random) -> str:
        return _uri(rng, rng.choices(self._tail, cum_weights=self._tail_weights)[0])

    def _from_machine(self, rng: random.Random) -> str:
        return _uri(rng, rng.choice(self._machines))


@cache
def _machines(seed: int) -> tuple[str, ...]:
    """Random-looking names that are legit, of customers of a content network, say; few but visited."""
    rng = random.Random(f"machines|{seed}")  # noqa: S311 (repeatable on purpose)
    return tuple(f"{machine(rng, 'en')}.{rng.choice(('com', 'net', 'io'))}" for _ in range(MACHINES))


@cache
def _tail(seed: int) -> tuple[str, ...]:
    return tuple(islice(composed_hosts(seed), TAIL))


def _zipf(count: int, *, offset: int) -> Sequence[float]:
    return list(accumulate(1 / (rank + offset) for rank in range(count)))
