"""The public suffix list applied to one host: registrable domain and label."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@cache
def _suffixes() -> PublicSuffixList:
    # The private section too: below a dynamic-DNS provider the label is the customer's.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def registrable_domain(host: str) -> str | None:
    """Return ``"bad.co.uk"`` for ``www.bad.co.uk``, None for a public suffix itself."""
    domain: str | None = _suffixes().privatesuffix(host)
    return domain


def label_of(host: str) -> str:
    """Return the label left of the public suffix, ``"bad"`` for ``www.bad.co.uk``; of a suffix its first."""
    return (registrable_domain(host) or host).split(".", 1)[0]
