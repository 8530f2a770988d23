"""The child process that holds the Java machine; it reads MOJOs and scores rows for its parent.

A request is a JSON text ``{"path": …}``, which asks to describe the model, or ``{"path": …, "rows": n}``,
which the cells of n rows follow. The answer is a JSON text, which the cells of the answers follow.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from devo_sandbox.models.java_model import JavaModel, read
from devo_sandbox.models.model import InvalidImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Models in memory; another is read again from its file.
LOADED = 16
# Small parts end at the same time, also on a core that others use.
ROWS_A_PART = 256
CORES = os.cpu_count() or 1


class Worker:
    """Answers one request after the other."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._models: OrderedDict[tuple[str, int, int], JavaModel] = OrderedDict()
        self._threads = ThreadPoolExecutor(CORES)

    def serve(self) -> None:
        """Answer until the parent is gone."""
        while True:
            try:
                request = json.loads(self._connection.recv_bytes())
                rows = self._connection.recv_bytes() if "rows" in request else None
            except EOFError:
                return
            try:
                model = self._model(request["path"])
                answer = None if rows is None else self._scored(model, np.frombuffer(bytearray(rows)))
            except InvalidImageError as error:
                self._say({"invalid": str(error)})
            except Exception as error:  # noqa: BLE001 - Java's errors have no class in common; the parent raises it
                self._say({"failed": f"{type(error).__name__}: {error}"})
            else:
                self._say(model.facts())
                if answer is not None:
                    self._connection.send_bytes(answer.data.cast("B"))

    def _say(self, answer: dict[str, Any]) -> None:
        self._connection.send_bytes(json.dumps(answer).encode())

    def _model(self, path: str) -> JavaModel:
        facts = Path(path).stat()
        key = (path, facts.st_mtime_ns, facts.st_size)
        if key not in self._models:
            self._models[key] = read(path)
            if len(self._models) > LOADED:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        return self._models[key]

    def _scored(self, model: JavaModel, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = cells.reshape(-1, model.width)
        parts = len(rows) // ROWS_A_PART
        if parts < 2 or CORES < 2:
            return model.loop(rows)
        # Java runs without Python's lock, so the parts run side by side.
        return np.concatenate(list(self._threads.map(model.loop, np.array_split(rows, parts))))


if __name__ == "__main__":
    # The parent decides when this ends: a terminal's interrupt reaches both.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Worker(Connection(int(sys.argv[1]))).serve()
