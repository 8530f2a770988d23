"""A public peer, measured as it ships: the package ``dgaintel``, a CNN-LSTM with weights of its own.

It needs TensorFlow and its former Keras, so it runs in a Python of its own::

    python -m venv DIR && DIR/bin/pip install dgaintel tensorflow-cpu tf_keras
    python -m benchmarks.model --data FOLDER --peer-python DIR/bin/python
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.labelled import Labelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "dgaintel"
# A batch, because it takes memory for each row at once; one alone is answered with no array.
SCORE = """
import sys, time
import numpy as np
from dgaintel import get_prob

names = sys.stdin.read().split()
get_prob(names[:2], raw=True)
started = time.perf_counter()
parts = [names[at : at + 1000] for at in range(0, len(names), 1000)]
scores = np.concatenate([np.atleast_1d(get_prob(part, raw=True)) for part in parts])
np.savez(sys.argv[1], scores=scores.astype(float), seconds=time.perf_counter() - started)
"""


def scores(python: Path, rows: Sequence[Labelled]) -> tuple[NDArray[np.float64], float]:
    """Return the probability of each name, and how many microseconds one took, loading left out.

    :raises subprocess.CalledProcessError: when the package does not run there; its words are printed.
    """
    names = "\n".join(f"{row.parts.label}.{row.parts.tld}" for row in rows)
    # the weights are of the former Keras
    environment = {**os.environ, "TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with tempfile.TemporaryDirectory(prefix="devo-dga-peer-") as folder:
        target = Path(folder, "scores.npz")
        command = [str(python), "-c", SCORE, str(target)]
        subprocess.run(command, input=names, text=True, check=True, env=environment)
        with np.load(target) as found:
            return found["scores"], float(found["seconds"]) / len(rows) * 1e6
