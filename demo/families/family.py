"""One domain generation algorithm as a value, and the seeds it takes when the malware has no date in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

U32 = 0xFFFFFFFF
A = ord("a")


@dataclass(frozen=True)
class Family:
    """A family of generated domains.

    :param name: how data sets call it.
    :param generate: the hosts (``label.tld``) of one UTC date, always the same ones, without end.
    :param dictionary: made of words; features of single characters hardly tell these from legit names.
    """

    name: str
    generate: Callable[[date], Iterator[str]]
    dictionary: bool = False


def dated_seed(name: str, day: date) -> int:
    """Return 32 bits for a family whose seed is fixed in the malware: SHA-256 of ``name|YYYY-MM-DD``.

    A real botnet changes such a seed with a new build, not daily. Here each date stands for a build, so
    that names trained on and names met later differ. Never 0, which some generators cannot leave.
    """
    digest = hashlib.sha256(f"{name}|{day.isoformat()}".encode()).digest()
    return int.from_bytes(digest[:4], "big") | 1
