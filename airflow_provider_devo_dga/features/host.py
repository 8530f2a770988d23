"""What a host becomes before any feature sees it: judged domain, its label, top-level domain.

Plain Python side of the step; ``linq.judged_domain`` says the same in LINQ. Which label is judged is the rule
of ``suffix_policy``. Both skip IP addresses, single labels, unknown top-level domains and labels outside
``[a-z0-9_-]``: lower-casing anything else differs from engine to engine.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.features.suffix_policy import customers_suffix, unjudged_pattern

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

HOST_PATTERN = "^([!-,/-~-]+[.])+[A-Za-z][A-Za-z0-9-]+[.]?$"
"""Printable labels without an empty one; the last begins with a letter, so that no address is a host."""

LABEL_PATTERN = "^[a-z0-9_-]{1,63}$"
LONGEST_HOST = 253
_HOST = re.compile(HOST_PATTERN.removesuffix("$") + r"\Z")
_LABEL = re.compile(LABEL_PATTERN.removesuffix("$") + r"\Z")


@dataclass(frozen=True, slots=True)
class HostParts:
    """``www.example.co.uk`` → ``example.co.uk``, ``example``, ``uk``; below a CDN the provider's.

    :param registrable: the domain that is judged.
    """

    registrable: str
    label: str
    tld: str


def has_known_top(name: str) -> bool:
    """Tell whether a name, in lower case, is below a top-level domain of the public suffix list."""
    return _suffixes().publicsuffix(name) is not None


@functools.cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False, only_icann=True)


def split_host(host: str) -> HostParts | None:
    """Return the parts of ``host`` that features read, None where there is no label to judge.

    :param host: a host name in any case, with or without a trailing dot; no scheme, no port.
    :return: None for IP addresses, single labels, a suffix itself, unknown top-level domains, names longer
        than 253 characters and labels longer than 63, empty or outside ``[a-z0-9_-]``.
    """
    asked = host.strip()
    name = asked.removesuffix(".").lower()
    if len(name) > LONGEST_HOST or not _HOST.match(asked):
        return None
    suffix = customers_suffix(name)
    label = name[: -len(suffix) - 1].rpartition(".")[2]
    if not _LABEL.match(label) or not has_known_top(name) or re.search(unjudged_pattern(), name):
        return None
    return HostParts(registrable=f"{label}.{suffix}", label=label, tld=suffix.rpartition(".")[2])
