"""Which part of the dataset a name falls into: training, validation or test.

The part hangs on the name alone, not on its row: a name that was held out once is held out again when the
dataset has grown, so that an older model can be judged on the same names without having seen them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache

PARTS = ("train", "valid", "test")

_KEYS = 999_983  # a prime: every multiplier shuffles all keys

PartOf = Callable[[str], str]
"""Tells the part of a label."""


def split_key(label: str) -> int:
    """Return a number that hangs on ``label`` alone, evenly spread from 0 to 999,982."""
    digest = hashlib.blake2b(label.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _KEYS


def split_place(key: int, seed: int) -> float:
    """Return the place of a key between 0 and 1; seeds shuffle the keys in unlike ways."""
    factor, shift = _shuffle(seed)
    return (key * factor + shift) % _KEYS / _KEYS


def by_hash(ratios: Sequence[float], seed: int) -> PartOf:
    """Return what tells a label's part by its place.

    :param ratios: shares of the first parts, one or two; the last part is the rest.
    """
    ends = [sum(ratios[: number + 1]) for number in range(len(ratios))]

    def part_of(label: str) -> str:
        place = split_place(split_key(label), seed)
        return next((part for part, end in zip(PARTS, ends, strict=False) if place < end), PARTS[len(ends)])

    return part_of


@cache
def _shuffle(seed: int) -> tuple[int, int]:
    digest = hashlib.blake2b(f"seed {seed}".encode(), digest_size=16).digest()
    factor = 1 + int.from_bytes(digest[:8], "big") % (_KEYS - 1)
    return factor, int.from_bytes(digest[8:], "big") % _KEYS
