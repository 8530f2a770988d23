"""Score rows with H2O's own genmodel classes, a batch at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jpype
import pyarrow as pa

from airflow_provider_devo_dga.sandbox import types, vectorised
from airflow_provider_devo_dga.sandbox.expressions import Feature
from airflow_provider_devo_dga.sandbox.java import java_class
from airflow_provider_devo_dga.sandbox.types import Type

if TYPE_CHECKING:
    import duckdb


class InvalidMojoError(ValueError):
    """The bytes are no MOJO that genmodel can read and that we can score row by row."""


@dataclass(frozen=True, slots=True)
class Mojo:
    """A loaded model.

    :param labels: the classes of the response in order, empty for a regression.
    """

    java: Any
    features: tuple[Feature, ...]
    labels: tuple[str, ...]
    category: str

    @property
    def result(self) -> Type:
        """Return the type of what the model says of a row: its label, or a number."""
        return types.STR if self.labels else types.FLOAT8


def load(image: bytes) -> Mojo:
    """Return the model in the bytes of a MOJO.

    :raises InvalidMojoError: when genmodel refuses them, or the model is neither classifier nor regression.
    """
    factory = java_class("hex.genmodel.MojoReaderBackendFactory")
    caching = java_class("hex.genmodel.MojoReaderBackendFactory$CachingStrategy")
    stream = java_class("java.io.ByteArrayInputStream")(jpype.JArray(jpype.JByte)(image))
    try:
        backend = factory.createReaderBackend(stream, caching.MEMORY)
        java = java_class("hex.genmodel.ModelMojoReader").readFrom(backend)
        return _described(java)
    except jpype.JException as error:
        raise InvalidMojoError(str(error)) from error


def _described(java: Any) -> Mojo:
    category = str(java.getModelCategory())
    if category not in {"Binomial", "Multinomial", "Regression"}:
        raise InvalidMojoError(f"{category} models are not supported")
    names = [str(name) for name in java.getNames()]
    features = tuple(
        Feature(name, _levels(java, place)) for place, name in enumerate(names[: int(java.nfeatures())])
    )
    labels = (
        ()
        if category == "Regression"
        else tuple(str(v) for v in java.getDomainValues(int(java.getResponseIdx())))
    )
    return Mojo(java, features, labels, category)


def _levels(java: Any, place: int) -> tuple[str, ...] | None:
    values = java.getDomainValues(place)
    return None if values is None else tuple(str(value) for value in values)


class Scorer:
    """Models by the number of their image, loaded once; a query keeps the image it started with."""

    def __init__(self, image: Callable[[int], bytes]) -> None:
        self._image = image
        self._loaded: dict[int, Mojo] = {}
        self._lock = threading.Lock()

    def mojo(self, image_id: int) -> Mojo:
        """Return the model of an image."""
        with self._lock:
            if image_id not in self._loaded:
                self._loaded[image_id] = load(self._image(image_id))
            return self._loaded[image_id]

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make scoring known to a database."""
        parameters = ["BIGINT", "DOUBLE[]"]
        vectorised.register(connection, "linq_model_label", self._labels, parameters, "VARCHAR")
        vectorised.register(connection, "linq_model_number", self._numbers, parameters, "DOUBLE")

    def _labels(self, images: pa.ChunkedArray, rows: pa.ChunkedArray) -> pa.Array:
        return self._scored(images, rows, pa.string(), lambda mojo, p: mojo.labels[int(p[0])])

    def _numbers(self, images: pa.ChunkedArray, rows: pa.ChunkedArray) -> pa.Array:
        return self._scored(images, rows, pa.float64(), lambda mojo, p: float(p[2 if mojo.labels else 0]))

    def _scored(
        self,
        images: pa.ChunkedArray,
        rows: pa.ChunkedArray,
        kind: pa.DataType,
        read: Callable[[Mojo, Any], Any],
    ) -> pa.Array:
        if len(rows) == 0:
            return pa.array([], kind)
        # The image is a constant of the query, so one for the whole batch.
        mojo = self.mojo(images[0].as_py())
        whole = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
        return pa.array(_answers(mojo, whole, read), kind)


def _answers(mojo: Mojo, rows: pa.ListArray, read: Callable[[Mojo, Any], Any]) -> list[Any]:
    width = len(mojo.features)
    cells = rows.flatten()
    missing = cells.is_null().to_pylist() if cells.null_count else None
    numbers = memoryview(cells.fill_null(0.0).to_numpy(zero_copy_only=False)).cast("B").cast("d")
    row = jpype.JArray(jpype.JDouble)(width)
    says = jpype.JArray(jpype.JDouble)(int(mojo.java.getPredsSize()))
    score = mojo.java.score0
    answers: list[Any] = []
    for start in range(0, len(numbers), width):
        if missing is not None and any(missing[start : start + width]):
            answers.append(None)
            continue
        row[:] = numbers[start : start + width]
        score(row, says)
        answers.append(read(mojo, says))
    return answers
