"""Score the rows of a query, an Arrow batch at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from devo_sandbox.linq.functions import vectorised
from devo_sandbox.models import mojo, onnx_model
from devo_sandbox.models.distinct_rows import DistinctRows
from devo_sandbox.models.images import Image
from devo_sandbox.models.model import Model

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

LOADERS: Mapping[str, Callable[[Path], Model]] = {"H2O": mojo.load, "ONNX": onnx_model.load}
# Models in memory; another is read again from its image, for images stay.
LOADED = 16


def load(engine: str, path: Path) -> Model:
    """Return the model in a file.

    :raises InvalidImageError: when the engine cannot read it.
    """
    return LOADERS[engine](path)


class Scorer:
    """Models by the number of their image; a query keeps the image it started with."""

    def __init__(self, image: Callable[[int], Image]) -> None:
        self._image = image
        self._loaded: OrderedDict[int, DistinctRows] = OrderedDict()
        self._lock = threading.Lock()

    def model(self, image_id: int) -> Model:
        """Return the model of an image."""
        return self._rows(image_id).model

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make scoring known to a database."""
        for name, operation, given, result in (
            ("linq_model_label", self._labels, "DOUBLE[]", "VARCHAR"),
            ("linq_model_number", self._numbers, "DOUBLE[]", "DOUBLE"),
            ("linq_model_array", self._arrays, "FLOAT[]", "FLOAT[]"),
        ):
            vectorised.register(connection, name, operation, ["BIGINT", given], result)

    def _rows(self, image_id: int) -> DistinctRows:
        with self._lock:
            if image_id not in self._loaded:
                image = self._image(image_id)
                self._loaded[image_id] = DistinctRows(load(image.engine, image.path))
                if len(self._loaded) > LOADED:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(image_id)
            return self._loaded[image_id]

    def _labels(self, images: pa.ChunkedArray, rows: pa.ChunkedArray) -> pa.Array:
        if not (scored := self._scored(images, rows, np.float64)):
            return pa.nulls(len(rows), pa.string())
        model, places, said = scored
        chosen = np.zeros(len(rows), np.int64)
        chosen[places] = said[:, 0]
        return pa.array(model.labels, pa.string()).take(pa.array(chosen, mask=_absent(places, len(rows))))

    def _numbers(self, images: pa.ChunkedArray, rows: pa.ChunkedArray) -> pa.Array:
        if not (scored := self._scored(images, rows, np.float64)):
            return pa.nulls(len(rows), pa.float64())
        model, places, said = scored
        numbers = np.zeros(len(rows))
        numbers[places] = said[:, 2 if model.labels else 0]
        return pa.array(numbers, mask=_absent(places, len(rows)))

    def _arrays(self, images: pa.ChunkedArray, rows: pa.ChunkedArray) -> pa.Array:
        kind = pa.list_(pa.float32())
        if not (scored := self._scored(images, rows, np.float32)):
            return pa.nulls(len(rows), kind)
        _, places, said = scored
        absent = _absent(places, len(rows))
        offsets = np.concatenate([[0], np.cumsum(~absent) * said.shape[1]]).astype(np.int32)
        return pa.ListArray.from_arrays(offsets, said.ravel(), type=kind, mask=pa.array(absent))

    def _scored(
        self, images: pa.ChunkedArray, rows: pa.ChunkedArray, kind: type[np.floating[Any]]
    ) -> tuple[Model, NDArray[np.intp], NDArray[Any]] | None:
        """Return the model, the places of the rows without a null, and what it says of them."""
        if len(rows) == 0:
            return None
        # The image is a constant of the query, so one for the whole batch.
        distinct = self._rows(images[0].as_py())
        whole = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
        places, matrix = _complete(whole, distinct.model.width, kind)
        return (distinct.model, places, distinct.scored(matrix)) if len(places) else None


def _complete(
    rows: pa.ListArray, width: int, kind: type[np.floating[Any]]
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return the places of the rows without a null, and their cells."""
    present = np.flatnonzero(rows.is_valid())
    lengths = pc.list_value_length(rows).drop_null()
    if len(lengths) and pc.any(pc.not_equal(lengths, width)).as_py():
        raise ValueError(f"the model takes {width} numbers")
    cells = rows.flatten()
    if not cells.null_count:
        return present, cells.to_numpy(zero_copy_only=False).astype(kind, copy=False).reshape(-1, width)
    whole = ~cells.is_null().to_numpy(zero_copy_only=False).reshape(-1, width).any(axis=1)
    filled = cells.fill_null(0.0).to_numpy(zero_copy_only=False).astype(kind, copy=False)
    return present[whole], filled.reshape(-1, width)[whole]


def _absent(places: NDArray[np.intp], size: int) -> NDArray[np.bool_]:
    absent = np.ones(size, np.bool_)
    absent[places] = False
    return absent
