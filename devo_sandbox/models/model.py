"""A model as a query meets it, whatever engine made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from devo_sandbox.linq.expressions import Feature
from devo_sandbox.linq.types import Type

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class InvalidImageError(ValueError):
    """The file is no model that its engine can read and that can be scored row by row."""


class Model(Protocol):
    """A loaded model.

    :param width: how many numbers make a row.
    :param features: the inputs by position, empty for a model that takes one array.
    :param labels: the classes of the response in order, empty for numbers.
    :param result: the type of what the model says of a row.
    """

    @property
    def width(self) -> int: ...
    @property
    def features(self) -> tuple[Feature, ...]: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def category(self) -> str | None: ...
    @property
    def result(self) -> Type: ...

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return name and Devo's type of each input."""

    def scored(self, rows: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Return a row of answers for each row, which must lie in memory without gaps."""
