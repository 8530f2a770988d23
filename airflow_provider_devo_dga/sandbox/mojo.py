"""MOJOs, read and scored by H2O's own genmodel classes."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jpype
import numpy as np

from airflow_provider_devo_dga.sandbox import types
from airflow_provider_devo_dga.sandbox.expressions import Feature
from airflow_provider_devo_dga.sandbox.java import java_class
from airflow_provider_devo_dga.sandbox.java_loop import Loop
from airflow_provider_devo_dga.sandbox.model import InvalidImageError
from airflow_provider_devo_dga.sandbox.types import Type

if TYPE_CHECKING:
    from numpy.typing import NDArray

CATEGORIES = frozenset({"Binomial", "Multinomial", "Regression"})
# Small parts end at the same time, also on a core that others use.
ROWS_A_PART = 256
CORES = os.cpu_count() or 1
_threads = ThreadPoolExecutor(CORES, thread_name_prefix="sandbox-score")


@dataclass(frozen=True, slots=True)
class Mojo:
    """A loaded MOJO; see ``Model``."""

    features: tuple[Feature, ...]
    labels: tuple[str, ...]
    category: str
    loop: Loop

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
        parts = len(rows) // ROWS_A_PART
        if parts < 2 or CORES < 2:
            return self.loop(rows)
        # Java runs without Python's lock, so the parts run side by side.
        return np.concatenate(list(_threads.map(self.loop, np.array_split(rows, parts))))


def load(path: Path) -> Mojo:
    """Return the model in a MOJO file.

    :raises InvalidImageError: when genmodel refuses it, or the model is neither classifier nor regression.
    """
    factory = java_class("hex.genmodel.MojoReaderBackendFactory")
    try:
        backend = factory.createReaderBackend(jpype.JString(str(path)))
        return _described(java_class("hex.genmodel.ModelMojoReader").readFrom(backend))
    except jpype.JException as error:
        raise InvalidImageError(str(error)) from error


def _described(java: Any) -> Mojo:
    category = str(java.getModelCategory())
    if category not in CATEGORIES:
        raise InvalidImageError(f"{category} models are not supported")
    names = [str(name) for name in java.getNames()]
    features = tuple(
        Feature(name, _levels(java, place)) for place, name in enumerate(names[: int(java.nfeatures())])
    )
    labels = () if category == "Regression" else _levels(java, int(java.getResponseIdx())) or ()
    return Mojo(features, labels, category, Loop(java, len(features)))


def _levels(java: Any, place: int) -> tuple[str, ...] | None:
    values = java.getDomainValues(place)
    return None if values is None else tuple(str(value) for value in values)
