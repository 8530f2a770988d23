"""The operations on host names, by the public suffix list, a batch of hosts at a time.

A host is looked up once and remembered, for an hour of events names the same few hosts again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

import publicsuffixlist
import pyarrow as pa
from publicsuffixlist import PublicSuffixList

from devo_sandbox.linq.functions import vectorised

if TYPE_CHECKING:
    import duckdb


Suffixes = Literal["private", "icann", "older"]
"""What a tenant's list knows: all of today's, ICANN's section of it, or what there was two years ago."""

SINCE = {
    *("web", "hotel", "bd", "kh", "co.io", "com.io", "org.io", "co.az", "biz.gh", "online.ge", "xyz.br"),
    *("*.localto.net", "*.replit.dev", "*.icp.net", "*.aivencloud.com", "azurewebsites.net", "azure-api.net"),
}
"""Rules that the list of 2024-10-23 had not; a choice, with top-level domains and private ones among them."""

UNTIL = {
    *("goo", "juniper", "lancaster", "*.bd", "*.kh", "co.pw", "info.co", "web.co", "int.is", "biz.at"),
    *("blogspot.de", "blogspot.co.uk", "blogspot.com.br", "aivencloud.com", "*.uberspace.de", "caa.li"),
}
"""Rules that were on that list and are gone."""


REMEMBERED = 250_000
LONGEST_NAME = 255
Found = TypeVar("Found")


def remembering(look_up: Callable[[str], Found]) -> Callable[[str], Found]:
    """Return ``look_up`` with a memory, but for texts that are no host name: theirs would know no bound."""
    known = lru_cache(maxsize=REMEMBERED)(look_up)
    return lambda host: known(host) if len(host) <= LONGEST_NAME else look_up(host)


class Host(NamedTuple):
    """A host cut at its public suffix: ``www.shop`` + ``example`` + ``co.uk``."""

    subdomain: str | None
    label: str
    suffix: str


class SuffixList:
    """The public suffix list as one tenant has it, asked once for each host."""

    def __init__(self, known: Suffixes = "private") -> None:
        source = _older() if known == "older" else None
        # Unknown suffixes are refused: a host like "intranet.corp" has none.
        self._list = PublicSuffixList(source, accept_unknown=False, only_icann=known == "icann")
        self.cut = remembering(self._cut)
        self.operations: dict[str, Callable[[str], str | None]] = {
            "publicsuffix": remembering(self.public_suffix),
            "topleveldomain": remembering(self._top),
            "rootsuffix": self._of(lambda host: f"{host.label}.{host.suffix}"),
            "rootdomain": self._of(lambda host: host.label),
            "rootprefix": self._of(_prefix),
            "subdomain": self._of(lambda host: host.subdomain),
        }

    def public_suffix(self, host: str) -> str | None:
        """Return the public suffix of a host, which may be the whole of it; None when none is known."""
        name = host.removesuffix(".")
        return None if name.endswith(".") else self._list.publicsuffix(name)

    def _cut(self, host: str) -> Host | None:
        """Return the parts of a host; None for an address, a single label, a bare or an unknown suffix."""
        host = host.removesuffix(".")
        # one final dot is the root; the list would take off a second one, too
        registrable = None if host.endswith(".") else self._list.privatesuffix(host)
        if registrable is None:
            return None
        label, _, suffix = registrable.partition(".")
        return Host(host[: -len(registrable) - 1].lower() or None, label, suffix) if label else None

    def _of(self, part: Callable[[Host], str | None]) -> Callable[[str], str | None]:
        def look_up(host: str) -> str | None:
            found = self.cut(host)
            return part(found) if found else None

        return look_up

    def _top(self, host: str) -> str | None:
        suffix = self.public_suffix(host)
        return suffix.rpartition(".")[2] if suffix else None


def _prefix(host: Host) -> str:
    return f"{host.subdomain}.{host.label}" if host.subdomain else host.label


def _older() -> list[str]:
    """Return the lines of a list two years old, as far as :data:`SINCE` and :data:`UNTIL` tell."""
    path = Path(publicsuffixlist.__file__).with_name("public_suffix_list.dat")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line not in SINCE] + sorted(UNTIL)


def register(connection: duckdb.DuckDBPyConnection, known: Suffixes = "private") -> None:
    """Make the operations known to a database as ``linq_`` functions."""
    for name, look_up in SuffixList(known).operations.items():
        vectorised.register(connection, f"linq_{name}", _mapped(look_up), ["VARCHAR"], "VARCHAR")


def _mapped(look_up: Callable[[str], str | None]) -> Callable[[pa.ChunkedArray], pa.Array]:
    def operation(hosts: pa.ChunkedArray) -> pa.Array:
        distinct, places = vectorised.distinct(hosts)
        found = [None if host is None else look_up(host) for host in distinct]
        return pa.array(found, pa.string()).take(places)

    return operation
