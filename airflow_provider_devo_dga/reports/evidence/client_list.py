"""Clients that people know: scanners, sinkholes, resolvers, mail servers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from airflow_provider_devo_dga.reports.evidence.list_entries import EntryError, entries_of, read_entries
from airflow_provider_devo_dga.storage import StoragePath

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class ClientList:
    """Addresses and networks: ``10.0.0.53``, ``10.1.0.0/16``, ``2001:db8::/32``."""

    networks: tuple[Network, ...] = ()

    def __contains__(self, client: str) -> bool:
        try:
            address = ipaddress.ip_address(client)
        except ValueError:
            return False
        return any(address in network for network in self.networks)

    def __len__(self) -> int:
        return len(self.networks)

    def __or__(self, other: ClientList) -> ClientList:
        return ClientList(self.networks + other.networks)


def clients_of(entries: Iterable[str], source: str, *, is_file: bool = False) -> ClientList:
    """Return the clients on a list.

    :param source: what an error calls the list.
    :raises ReportError: for what is no address or network, or a network with bits set behind its mask.
    """
    return ClientList(tuple(entries_of(entries, source, _network, is_file=is_file)))


def read_clients(path: StoragePath) -> ClientList:
    """Read a list, one client a line, ``#`` begins a comment.

    :raises ReportError: as :func:`clients_of`.
    :raises OSError: when the file cannot be read.
    """
    return read_entries(path, lambda lines, source: clients_of(lines, source, is_file=True))


def _network(entry: str) -> Network:
    try:
        return ipaddress.ip_network(entry)
    except ValueError:
        why = "is no address such as 10.0.0.53 and no network such as 10.1.0.0/16"
        raise EntryError(why, quotable=False) from None
