"""ONNX models: one array of float4 in, one array of float4 out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

# it tells its maker of itself as soon as it is loaded
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

from devo_sandbox.linq import types
from devo_sandbox.linq.expressions import Feature
from devo_sandbox.linq.types import Type
from devo_sandbox.models.model import InvalidImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOATS = "tensor(float)"
ARRAY = types.array_of(types.FLOAT4)
# Only what ends a run; the runtime writes to the server's own standard error.
QUIET = 4


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """A loaded ONNX model; see ``Model``.

    :param together: the rows of a batch are scored in one run, else one by one.
    """

    session: Any
    input: str
    output: str
    width: int
    together: bool

    features: tuple[Feature, ...] = ()
    labels: tuple[str, ...] = ()
    category: Literal[None] = None

    @property
    def result(self) -> Type:
        """Return the type of what the model says of a row."""
        return ARRAY

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return name and Devo's type of the one input."""
        return [(self.input, str(ARRAY))]

    def scored(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return the model's output for each row, flat."""
        if self.together:
            return self._run(rows)
        return np.concatenate([self._run(rows[at : at + 1]) for at in range(len(rows))])

    def _run(self, rows: NDArray[Any]) -> NDArray[Any]:
        (said,) = self.session.run([self.output], {self.input: rows.astype(np.float32, copy=False)})
        return np.ascontiguousarray(said, np.float32).reshape(len(rows), -1)


def load(path: Path) -> OnnxModel:
    """Return the model in an ONNX file.

    :raises InvalidImageError: when the runtime refuses it, or it is not an array in, an array out.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = QUIET
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        model = _described(session)
        rows = np.zeros((2, model.width), np.float32)
        if model.scored(rows).size == 0:
            raise InvalidImageError("the model answers nothing")
    except InvalidImageError:
        raise
    except Exception as error:  # the runtime's errors have no class in common
        raise InvalidImageError(str(error)) from error
    return model


def _described(session: Any) -> OnnxModel:
    taken, given = session.get_inputs(), session.get_outputs()
    if len(taken) != 1 or taken[0].type != FLOATS or len(taken[0].shape) != 2:
        raise InvalidImageError("the model does not take one array of float4")
    batch, width = taken[0].shape
    if not isinstance(width, int) or width < 1 or (isinstance(batch, int) and batch != 1):
        raise InvalidImageError(f"the model takes the shape {taken[0].shape}")
    output = next((one.name for one in given if one.type == FLOATS), None)
    if output is None:
        raise InvalidImageError("the model gives no array of float4")
    return OnnxModel(session, taken[0].name, output, width, together=not isinstance(batch, int))
