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

_STEPS = 10**6
_GOLDEN = 0.6180339887498949


def split_key(label: str) -> float:
    """Return a number in [0, 1) that hangs on ``label`` alone, evenly spread; six decimals."""
    digest = hashlib.blake2b(label.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _STEPS / _STEPS


def split_offset(seed: int) -> float:
    """Return by how much a seed turns the circle of keys; 0 for seed 0."""
    return round(seed * _GOLDEN % 1.0, 6)


def split_parts(frame: H2OFrame, ratios: Sequence[float], seed: int) -> dict[str, H2OFrame]:
    """Return the parts of ``frame`` by name.

    :param frame: has the column ``split``.
    :param ratios: shares of the first parts, one or two; the last part is the rest.
    """
    place = frame[SPLIT_COLUMN] + split_offset(seed)
    place = place - place.floor()
    ends = [sum(ratios[: number + 1]) for number in range(len(ratios))]
    edges = [0.0, *ends, 1.1]
    return {
        name: frame[(place >= low) & (place < high), :]
        for name, low, high in zip(PARTS, edges, edges[1:], strict=False)
    }
