"""MOJOs, scored by H2O's own genmodel classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devo_sandbox.linq import types
from devo_sandbox.linq.expressions import Feature
from devo_sandbox.linq.types import Type
from devo_sandbox.models.archive import check_archive
from devo_sandbox.models.java_process import JAVA

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Mojo:
    """A MOJO in a file that stays; see ``Model``."""

    path: str
    features: tuple[Feature, ...]
    labels: tuple[str, ...]
    category: str

    @property
    def width(self) -> int:
        """Return how many numbers make a row."""
        return len(self.features)

    @property
    def result(self) -> Type:
        """Return the type of what the model says of a row: its label, or a number."""
        return types.STR if self.labels else types.FLOAT8

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return name and Devo's type of each input."""
        return [(one.name, (types.FLOAT8 if one.levels is None else types.STR).name) for one in self.features]

    def scored(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return genmodel's answers: the label's place or the number first, then the probabilities."""
        return JAVA.score(self.path, rows)


def load(path: Path) -> Mojo:
    """Return the model in a MOJO file.

    :raises InvalidImageError: when it inflates to more than a model does, genmodel refuses it, or the model
        is neither classifier nor regression.
    """
    check_archive(path)
    absolute = str(path.resolve())
    facts = JAVA.describe(absolute)
    features = (Feature(name, levels and tuple(levels)) for name, levels in facts["features"])
    return Mojo(absolute, tuple(features), tuple(facts["labels"]), facts["category"])
