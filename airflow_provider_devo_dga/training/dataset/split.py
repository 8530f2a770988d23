"""Which part of the dataset a name falls into: training, validation or test.

The part hangs on the name alone, not on its row: a name that was held out once is held out again when the
dataset has grown, so that an older model can be judged on the same names without having seen them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

PARTS = ("train", "valid", "test")

_KEYS = 999_983  # a prime: every multiplier shuffles all keys
_DIGEST_BYTES = 8

PartOf = Callable[[str], str]
"""Tells the part of a label."""


def split_key(label: str) -> int:
    """Return a number that hangs on ``label`` alone, evenly spread from 0 to 999,982."""
    digest = hashlib.blake2b(label.encode(), digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(digest, "big") % _KEYS


def split_place(key: int, seed: int) -> float:
    """Return the place of a key between 0 and 1; seeds shuffle the keys in unlike ways."""
    factor, shift = _shuffle(seed)
    return (key * factor + shift) % _KEYS / _KEYS


@dataclass(frozen=True, slots=True)
class HashSplit:
    """Tells the part of a label, or of a column of labels, by their places.

    :param ends: of the first parts, between 0 and 1, rising; the last part is the rest.
    """

    ends: tuple[float, ...]
    seed: int

    def __call__(self, label: str) -> str:
        place = split_place(split_key(label), self.seed)
        return PARTS[sum(place >= end for end in self.ends)]

    def numbers(self, labels: pa.Array) -> NDArray[np.uint8]:
        import numpy as np
        import pyarrow as pa

        factor, shift = _shuffle(self.seed)
        hashed = partial(hashlib.blake2b, digest_size=_DIGEST_BYTES)
        raw = labels.cast(pa.binary()).to_numpy(zero_copy_only=False)
        digests = b"".join([hashed(label).digest() for label in raw])
        keys = (np.frombuffer(digests, ">u8") % _KEYS).astype(np.int64)
        # the same numbers as those of split_place: products stay below 2^53
        places = (keys * factor + shift) % _KEYS / _KEYS
        return np.searchsorted(self.ends, places, side="right").astype(np.uint8)


def by_hash(ratios: Sequence[float], seed: int) -> HashSplit:
    """Return what tells a label's part by its place.

    :param ratios: shares of the first parts, one or two; the last part is the rest.
    """
    return HashSplit(tuple(sum(ratios[: number + 1]) for number in range(len(ratios))), seed)


def part_numbers(part_of: PartOf, labels: pa.Array) -> NDArray[np.uint8]:
    """Return the place of each label's part in ``PARTS``."""
    import numpy as np

    if isinstance(part_of, HashSplit):
        return part_of.numbers(labels)
    return np.array([PARTS.index(part_of(label)) for label in labels.to_pylist()], np.uint8)


@cache
def _shuffle(seed: int) -> tuple[int, int]:
    digest = hashlib.blake2b(f"seed {seed}".encode(), digest_size=16).digest()
    factor = 1 + int.from_bytes(digest[:8], "big") % (_KEYS - 1)
    return factor, int.from_bytes(digest[8:], "big") % _KEYS
