"""Which part of the dataset a name falls into: training, validation or test.

The part hangs on the name alone, not on its row: a name that was held out once is held out again when the
dataset has grown, so that an older model can be judged on the same names without having seen them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from h2o import H2OFrame

SPLIT_COLUMN = "split"
PARTS = ("train", "valid", "test")

_KEYS = 999_983  # a prime: every multiplier shuffles all keys


def split_key(label: str) -> int:
    """Return a number that hangs on ``label`` alone, evenly spread from 0 to 999,982."""
    digest = hashlib.blake2b(label.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _KEYS


def split_place(key: int, seed: int) -> float:
    """Return the place of a key between 0 and 1; seeds shuffle the keys in unlike ways."""
    factor, shift = _shuffle(seed)
    return (key * factor + shift) % _KEYS / _KEYS


def _shuffle(seed: int) -> tuple[int, int]:
    digest = hashlib.blake2b(f"seed {seed}".encode(), digest_size=16).digest()
    factor = 1 + int.from_bytes(digest[:8], "big") % (_KEYS - 1)
    return factor, int.from_bytes(digest[8:], "big") % _KEYS


def split_parts(frame: H2OFrame, ratios: Sequence[float], seed: int) -> dict[str, H2OFrame]:
    """Return the parts of ``frame`` by name.

    :param frame: has the column ``split``.
    :param ratios: shares of the first parts, one or two; the last part is the rest.
    """
    factor, shift = _shuffle(seed)
    # below 2 ** 53: exact in H2O's doubles
    place = (frame[SPLIT_COLUMN] * factor + shift) % _KEYS / _KEYS
    ends = [sum(ratios[: number + 1]) for number in range(len(ratios))]
    edges = [0.0, *ends, 1.1]
    return {
        name: frame[(place >= low) & (place < high), :]
        for name, low, high in zip(PARTS, edges, edges[1:], strict=False)
    }
