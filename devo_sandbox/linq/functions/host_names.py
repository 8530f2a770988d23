"""The operations on host names, by the public suffix list, a batch of hosts at a time.

A host is looked up once and remembered, for an hour of events names the same few hosts again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pyarrow as pa
from publicsuffixlist import PublicSuffixList

from devo_sandbox.linq.functions import vectorised

if TYPE_CHECKING:
    import duckdb


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


@remembering
def cut(host: str) -> Host | None:
    """Return the parts of a host; None for an address, a single label, a bare or an unknown suffix."""
    host = host.removesuffix(".")
    # one final dot is the root; the list would take off a second one, too
    registrable = None if host.endswith(".") else _suffixes().privatesuffix(host)
    if registrable is None:
        return None
    label, _, suffix = registrable.partition(".")
    return Host(host[: -len(registrable) - 1].lower() or None, label, suffix) if label else None


def public_suffix(host: str) -> str | None:
    """Return the public suffix of a host, which may be the whole of it; None when none is known."""
    name = host.removesuffix(".")
    return None if name.endswith(".") else _suffixes().publicsuffix(name)


@cache
def _suffixes() -> PublicSuffixList:
    # Unknown suffixes are refused: a host like "intranet.corp" has none.
    return PublicSuffixList(accept_unknown=False)


def _of(part: Callable[[Host], str | None]) -> Callable[[str], str | None]:
    def look_up(host: str) -> str | None:
        found = cut(host)
        return part(found) if found else None

    return look_up


def _top(host: str) -> str | None:
    suffix = public_suffix(host)
    return suffix.rpartition(".")[2] if suffix else None


def _prefix(host: Host) -> str:
    return f"{host.subdomain}.{host.label}" if host.subdomain else host.label


OPERATIONS: dict[str, Callable[[str], str | None]] = {
    "publicsuffix": remembering(public_suffix),
    "topleveldomain": remembering(_top),
    "rootsuffix": _of(lambda host: f"{host.label}.{host.suffix}"),
    "rootdomain": _of(lambda host: host.label),
    "rootprefix": _of(_prefix),
    "subdomain": _of(lambda host: host.subdomain),
}


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the operations known to a database as ``linq_`` functions."""
    for name, look_up in OPERATIONS.items():
        vectorised.register(connection, f"linq_{name}", _mapped(look_up), ["VARCHAR"], "VARCHAR")


def _mapped(look_up: Callable[[str], str | None]) -> Callable[[pa.ChunkedArray], pa.Array]:
    def operation(hosts: pa.ChunkedArray) -> pa.Array:
        distinct, places = vectorised.distinct(hosts)
        found = [None if host is None else look_up(host) for host in distinct]
        return pa.array(found, pa.string()).take(places)

    return operation
