"""What a host becomes before any feature sees it: registrable domain, main label, top-level domain.

Plain Python side of the step; ``linq.HostSource`` says the same in LINQ (``rootsuffix``, ``rootdomain``,
``topleveldomain``). Both skip IP addresses, single labels, unknown suffixes and labels outside
``[a-z0-9_-]``: lower-casing anything else differs from engine to engine.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

LABEL_PATTERN = "^[a-z0-9_-]+$"
_LABEL = re.compile(LABEL_PATTERN.removesuffix("$") + r"\Z")
_LONGEST_HOST = 253


@dataclass(frozen=True, slots=True)
class HostParts:
    """``www.example.co.uk`` → ``example.co.uk``, ``example``, ``uk``."""

    registrable: str
    label: str
    tld: str


@functools.cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False)


def split_host(host: str) -> HostParts | None:
    """Return the parts of ``host`` that features read, None where there is no main label to judge.

    :param host: a host name in any case, with or without a trailing dot; no scheme, no port.
    :return: None for IP addresses, single labels, bare or unknown public suffixes, names longer than
        253 characters and labels outside ``[a-z0-9_-]``.
    """
    name = host.strip().removesuffix(".")
    if not name.isascii() or len(name) > _LONGEST_HOST or "" in name.split(".") or _is_address(name):
        return None
    registrable = _suffixes().privatesuffix(name.lower())
    if not registrable:
        return None
    label = registrable.split(".", 1)[0]
    if not _LABEL.match(label):
        return None
    return HostParts(registrable=registrable, label=label, tld=registrable.rsplit(".", 1)[1])


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
