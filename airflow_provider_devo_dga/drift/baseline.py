"""How the features of the training part's legit names are distributed, in bins; it travels with the model."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.errors import DriftError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 10
MOST = 20_000
"""Names of a sample that is compared, in training and in a window."""

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Bins:
    """One feature's distribution.

    :param edges: upper bounds, included, of all bins but the last; rising.
    :param shares: of the names in each bin, one more than edges.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    def shares_of(self, values: Sequence[float]) -> tuple[float, ...]:
        """Return the shares of other values in the same bins."""
        counts = Counter(bisect_left(self.edges, value) for value in values)
        return tuple(counts[place] / max(1, len(values)) for place in range(len(self.shares)))

    def quantile(self, share: float) -> float:
        """Return the least edge that at least this share of the names does not exceed; else the last."""
        reached = accumulate(self.shares)
        return next(
            (edge for edge, below in zip(self.edges, reached, strict=False) if below >= share - _ROUNDING),
            self.edges[-1],
        )


@dataclass(frozen=True, slots=True)
class Baseline:
    """The distributions of a feature set.

    :param names: how many names they were taken from.
    :param bins: by feature.
    """

    names: int
    bins: Mapping[str, Bins]


def stored_baseline(values: object) -> Baseline:
    """Return the baseline that a model's summary holds.

    :raises DriftError: it is something else.
    """
    import msgspec

    try:
        return msgspec.convert(values, Baseline)
    except msgspec.ValidationError as error:
        raise DriftError(f"This is no baseline of features: {error}; train the model again") from None


def baseline_of_features(names: Sequence[str], matrix: NDArray[np.float64]) -> Baseline:
    """Return the baseline of some thousands of legit hosts.

    :param names: of the features, a column each.
    :param matrix: a row a host.

    :raises DriftError: there is no row.
    """
    import numpy as np

    if not len(matrix):
        raise DriftError("A baseline needs at least one legit host")
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    bins = {}
    for name, values in zip(names, matrix.T, strict=True):
        # rounded, so that a stored baseline is short
        edges = tuple(sorted({_short(edge) for edge in np.quantile(values, inner).tolist()}))
        counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
        bins[name] = Bins(edges, tuple(_short(share) for share in (counts / len(values)).tolist()))
    return Baseline(len(matrix), bins)


def _short(number: float) -> float:
    return float(f"{number:.9g}")
