"""What people know better than the model: names to allow, names to watch, clients that raise no alarm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.reports.evidence.client_list import ClientList
from airflow_provider_devo_dga.reports.evidence.list_entries import entries_of, name_of, read_entries
from airflow_provider_devo_dga.storage import StoragePath

if TYPE_CHECKING:
    import pyarrow as pa

    from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow


@dataclass(frozen=True, slots=True)
class DomainList:
    """One list of names, all in lower case.

    :param domains: as they are judged: ``example.com``, ``cloudfront.net``, ``name.mooo.com``.
    :param suffixes: all below them is on the list: ``co.uk`` holds ``example.co.uk``.
    :param hosts: names below a domain, which stand for themselves alone.
    :param below: names below a domain, which stand for all below them, too.
    :param addresses: addresses of a feed, which are not used.
    """

    domains: frozenset[str] = frozenset()
    suffixes: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    below: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    def __contains__(self, reg_domain: str) -> bool:
        name = reg_domain.lower()
        labels = name.split(".")
        above = (".".join(labels[start:]) for start in range(1, len(labels)))
        return name in self.domains or not self.suffixes.isdisjoint(above)

    def __len__(self) -> int:
        return len(self.domains) + len(self.suffixes) + len(self.hosts) + len(self.below)

    def __or__(self, other: DomainList) -> DomainList:
        return DomainList(*(getattr(self, kind) | getattr(other, kind) for kind in self.__slots__))

    def __str__(self) -> str:
        """Return how many entries there are of each kind: ``3 domains, 5 hosts; 2 addresses not used``."""
        kinds = {"domains": self.domains, "suffixes": self.suffixes, "hosts": self.hosts | self.below}
        used = ", ".join(f"{len(names):,} {kind}" for kind, names in kinds.items() if names) or "no names"
        return f"{used}; {len(self.addresses):,} addresses not used" if self.addresses else used

    def mask(self, reg_domains: pa.Array) -> pa.Array:
        """Tell for each domain of a column whether it is on the list."""
        import pyarrow as pa
        import pyarrow.compute as pc

        names = pc.utf8_lower(reg_domains)
        found = pc.is_in(names, value_set=pa.array(sorted(self.domains), pa.string()))
        while self.suffixes and pc.any(pc.match_substring(names, ".")).as_py():
            names = pc.replace_substring_regex(names, r"^[^.]*\.", "")
            found = pc.or_(found, pc.is_in(names, value_set=pa.array(sorted(self.suffixes), pa.string())))
        return found


@dataclass(frozen=True, slots=True)
class DomainLists:
    """What people know. A domain on both lists is watched.

    :param allow: names that count as not flagged.
    :param watch: names that are shown whatever the model says.
    :param no_alarm: clients whose findings are shown and raise no alarm.
    :param hosts_seen: the watch-list's hosts that were seen in the window.
    """

    allow: DomainList = field(default_factory=DomainList)
    watch: DomainList = field(default_factory=DomainList)
    no_alarm: ClientList = field(default_factory=ClientList)
    hosts_seen: tuple[FlaggedRow, ...] = ()

    def allows(self, reg_domain: str) -> bool:
        """Whether the domain counts as not flagged."""
        return reg_domain in self.allow and reg_domain not in self.watch


def domains_of(
    entries: Iterable[str], source: str, *, hosts: bool = False, is_file: bool = False
) -> DomainList:
    """Return the names on a list; what an entry may be says :func:`~.list_entries.name_of`.

    :param source: what an error calls the list.
    :param hosts: whether names below a domain can be matched.
    :raises ReportError: for an entry that can never match, by its number.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for kind, name in entries_of(entries, source, partial(name_of, hosts=hosts), is_file=is_file):
        found[kind].add(name)
    return DomainList(**{kind: frozenset(names) for kind, names in found.items()})


def read_domains(path: StoragePath, *, hosts: bool = False) -> DomainList:
    """Read a list: UTF-8 text, one entry a line, ``#`` begins a comment.

    :raises ReportError: for a line that can never match, or bytes that are no UTF-8.
    :raises OSError: when the file cannot be read.
    """
    return read_entries(path, lambda lines, source: domains_of(lines, source, hosts=hosts, is_file=True))
