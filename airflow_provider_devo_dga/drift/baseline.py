"""How the features of the training part's legit names are distributed, in bins; it travels with the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import DriftError
from airflow_provider_devo_dga.features.feature_set import FeatureSet
from airflow_provider_devo_dga.features.host import HostParts
from airflow_provider_devo_dga.features.reference import compute

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True, slots=True)
class Bins:
    """One feature's distribution.

    :param edges: upper bounds, included, of all bins but the last; rising.
    :param shares: of the names in each bin, one more than edges.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    def shares_of(self, values: NDArray[np.float64]) -> tuple[float, ...]:
        """Return the shares of other values in the same bins."""
        import numpy as np

        counts = np.bincount(np.searchsorted(self.edges, values, side="left"), minlength=len(self.shares))
        return tuple((counts / max(1, len(values))).tolist())


@dataclass(frozen=True, slots=True)
class Baseline:
    """The distributions of a feature set.

    :param names: how many names they were taken from.
    :param bins: by feature.
    """

    names: int
    bins: Mapping[str, Bins]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values, some kilobytes."""
        return {
            "names": self.names,
            "bins": {
                feature: {
                    "edges": [_short(edge) for edge in bins.edges],
                    "shares": [_short(share) for share in bins.shares],
                }
                for feature, bins in self.bins.items()
            },
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Baseline:
        """Return what :meth:`to_dict` spelled.

        :raises DriftError: it is something else.
        """
        try:
            bins = {
                str(feature): Bins(tuple(map(float, spelled["edges"])), tuple(map(float, spelled["shares"])))
                for feature, spelled in values["bins"].items()
            }
            return cls(int(values["names"]), bins)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DriftError(f"This is no baseline of features: {error!r}; train the model again") from None


def baseline_of(hosts: Iterable[HostParts], feature_set: FeatureSet) -> Baseline:
    """Return the baseline of some thousands of legit hosts.

    :raises DriftError: there is none.
    """
    return baseline_of_features(feature_set.names, feature_matrix(hosts, feature_set))


def baseline_of_features(names: Sequence[str], matrix: NDArray[np.float64]) -> Baseline:
    """Return the baseline of legit hosts whose features are there, a row each.

    :raises DriftError: there is no row.
    """
    import numpy as np

    if not len(matrix):
        raise DriftError("A baseline needs at least one legit host")
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    bins = {}
    for name, values in zip(names, matrix.T, strict=True):
        # rounded as they are stored, so that a stored baseline means the same
        edges = tuple(sorted({_short(edge) for edge in np.quantile(values, inner).tolist()}))
        bins[name] = Bins(edges, Bins(edges, (0.0,) * (len(edges) + 1)).shares_of(values))
    return Baseline(len(matrix), bins)


def feature_matrix(hosts: Iterable[HostParts], feature_set: FeatureSet) -> NDArray[np.float64]:
    """Return the features of hosts, a row each."""
    import numpy as np

    rows: Sequence[list[float]] = [compute(feature_set, parts) for parts in hosts]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(feature_set.names))


def _short(number: float) -> float:
    return float(f"{number:.9g}")
