"""A sample of hosts that is the same whenever it is taken, in memory that does not grow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from heapq import nsmallest

from airflow_provider_devo_dga.features.host import HostParts

MOST = 20_000


def sample_hosts(hosts: Iterable[HostParts], most: int = MOST) -> list[HostParts]:
    """Return at most ``most`` of the hosts, each as likely as another, sorted by their hash.

    :param hosts: distinct; a host that comes twice counts twice.
    """
    return nsmallest(most, hosts, key=_hash)


def _hash(host: HostParts) -> bytes:
    return hashlib.blake2b(host.registrable.encode(), digest_size=8).digest()
