"""Scoring in a query beats the scorer that H2O gives to Python."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import h2o
import pandas as pd

from benchmarks import gbm, scoring
from benchmarks.claim import Measured, Size, seconds
from devo_sandbox.server import Sandbox

TURNS = 3


def run(size: Size) -> list[Measured]:
    """Fetch the label of every row from the sandbox, and from ``h2o.mojo_predict_pandas``."""
    gbm.with_java()
    matrix = gbm.rows(size.pick(50_000, 20_000), seed=4)
    frame = pd.DataFrame(matrix, columns=gbm.FEATURES)
    jar = Path(str(h2o.__file__)).parent / "backend" / "bin" / "h2o.jar"
    times = []
    with Sandbox() as sandbox:
        gbm.fill(sandbox.tenant.tables, "bench.rows", matrix)

        def query() -> list[str]:
            return [row[0] for row in scoring.ask(sandbox, scoring.QUERY)]

        def pandas() -> list[str]:
            with contextlib.redirect_stdout(io.StringIO()):
                said = h2o.mojo_predict_pandas(frame, str(gbm.mojo()), genmodel_jar_path=str(jar))
            return [str(label) for label in said["predict"]]

        for _ in range(TURNS):
            scoring.register(sandbox)
            times.append((seconds(query), seconds(pandas)))
        assert query() == pandas()
    ours, theirs = (min(column) for column in zip(*times, strict=True))
    claim = f"labels of {len(matrix):,} rows, faster than `h2o.mojo_predict_pandas`"
    parts = {"sandbox_s": ours, "h2o_s": theirs}
    return [Measured(claim, theirs / ours, "×", 2, at_least=True, parts=parts)]
