"""A MOJO as H2O's own genmodel classes read it, in the process that holds the Java machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jpype

from devo_sandbox.models.java import java_class
from devo_sandbox.models.java_loop import Loop
from devo_sandbox.models.model import InvalidImageError

CATEGORIES = frozenset({"Binomial", "Multinomial", "Regression"})


@dataclass(frozen=True, slots=True)
class JavaModel:
    """A loaded MOJO.

    :param features: name and levels of each input; None instead of levels for a number.
    :param labels: the classes of the response in order, empty for numbers.
    """

    features: tuple[tuple[str, tuple[str, ...] | None], ...]
    labels: tuple[str, ...]
    category: str
    loop: Loop

    @property
    def width(self) -> int:
        """Return how many numbers make a row."""
        return len(self.features)

    def facts(self) -> dict[str, Any]:
        """Return what the model says of itself."""
        return {"features": self.features, "labels": self.labels, "category": self.category}


def read(path: str) -> JavaModel:
    """Return the model in a MOJO file.

    :raises InvalidImageError: when genmodel refuses it, or the model is neither classifier nor regression.
    """
    factory = java_class("hex.genmodel.MojoReaderBackendFactory")
    try:
        backend = factory.createReaderBackend(jpype.JString(path))
        return _described(java_class("hex.genmodel.ModelMojoReader").readFrom(backend))
    except jpype.JException as error:
        raise InvalidImageError(str(error)) from error


def _described(java: Any) -> JavaModel:
    category = str(java.getModelCategory())
    if category not in CATEGORIES:
        raise InvalidImageError(f"{category} models are not supported")
    names = [str(name) for name in java.getNames()]
    features = tuple(
        (name, _levels(java, place)) for place, name in enumerate(names[: int(java.nfeatures())])
    )
    labels = () if category == "Regression" else _levels(java, int(java.getResponseIdx())) or ()
    return JavaModel(features, labels, category, Loop(java))


def _levels(java: Any, place: int) -> tuple[str, ...] | None:
    values = java.getDomainValues(place)
    return None if values is None else tuple(str(value) for value in values)
