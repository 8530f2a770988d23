"""Score many rows in one call into Java, by a loop that the Java machine composes and compiles itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jpype
import numpy as np

from devo_sandbox.models.java import java_class

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Loop:
    """``score0`` of one model over whole buffers; may run in several threads at once.

    In Java it would read::

        while (rows.hasRemaining()) { rows.get(row); model.score0(row, says); answers.put(says); }
    """

    def __init__(self, model: Any, width: int) -> None:
        self._width = width
        self._answers = int(model.getPredsSize())
        self._handle = _handle(model)

    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the model answers to each row."""
        answers = np.empty((len(rows), self._answers))
        doubles = jpype.JArray(jpype.JDouble)
        given = [_buffer(rows), _buffer(answers), doubles(self._width), doubles(self._answers)]
        self._handle.invokeWithArguments(jpype.JArray(java_class("java.lang.Object"))(given))
        return answers


def _buffer(array: NDArray[np.float64]) -> Any:
    """Return Java's view of the same memory."""
    native = java_class("java.nio.ByteOrder").nativeOrder()
    return jpype.nio.convertToDirectBuffer(array.data.cast("B")).order(native).asDoubleBuffer()


def _handle(model: Any) -> Any:
    """Return the loop, which takes the rows, the answers, and room for one of each."""
    handles, kind = java_class("java.lang.invoke.MethodHandles"), java_class("java.lang.invoke.MethodType")
    buffer = java_class("java.nio.DoubleBuffer").class_
    doubles = jpype.JArray(jpype.JDouble).class_
    nothing, flag = java_class("java.lang.Void").TYPE, java_class("java.lang.Boolean").TYPE
    state = kind.methodType(nothing, buffer, buffer, doubles, doubles)
    lookup = handles.publicLookup()

    def step(method: Any, *places: int) -> Any:
        """Return ``method`` over the members of the state at these places, its result dropped."""
        order = jpype.JArray(jpype.JInt)(list(places))
        return handles.permuteArguments(method.asType(method.type().changeReturnType(nothing)), state, order)

    moves = kind.methodType(buffer, doubles)
    scores = lookup.findVirtual(
        java_class("hex.genmodel.GenModel").class_, "score0", kind.methodType(doubles, doubles, doubles)
    ).bindTo(model)
    read = step(lookup.findVirtual(buffer, "get", moves), 0, 2)
    score = step(scores, 2, 3)
    write = step(lookup.findVirtual(buffer, "put", moves), 1, 3)
    more = lookup.findVirtual(buffer, "hasRemaining", kind.methodType(flag))
    body = handles.foldArguments(handles.foldArguments(write, score), read)
    return handles.whileLoop(None, more, body)
