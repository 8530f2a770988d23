"""Model files made by hand, without training: a GLM as MOJO, and tiny ONNX models."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def glm_mojo() -> Callable[..., bytes]:
    """Return ``glm_bytes``."""
    return glm_bytes


def glm_bytes(
    columns: Sequence[str], weights: dict[str, float], intercept: float, threshold: float = 0.5
) -> bytes:
    """Return a MOJO by hand: a binomial GLM, small, and different for each weight.

    H2O's own classes read and score it like any other; no cluster has to train it.
    """
    inputs = len(columns)
    beta = [weights.get(name, 0.0) for name in columns]
    info: dict[str, object] = {
        "h2o_version": "3.46.0.11",
        "mojo_version": "1.00",
        "algo": "glm",
        "algorithm": "Generalized Linear Modeling",
        "endianness": "LITTLE_ENDIAN",
        "category": "Binomial",
        "uuid": "1",
        "supervised": "true",
        "n_features": inputs,
        "n_classes": 2,
        "n_columns": inputs + 1,
        "n_domains": 1,
        "balance_classes": "false",
        "default_threshold": threshold,
        "prior_class_distrib": "[0.5, 0.5]",
        "model_class_distrib": "[0.5, 0.5]",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "use_all_factor_levels": "false",
        "cats": 0,
        "cat_offsets": "[0]",
        "nums": inputs,
        "num_means": [0.0] * inputs,
        "mean_imputation": "true",
        "beta": [*beta, intercept],
        "family": "binomial",
        "link": "logit",
    }
    lines = ["[info]", *(f"{name} = {value}" for name, value in info.items()), ""]
    lines += ["[columns]", *columns, "malicious", "", "[domains]", f"{inputs}: 2 d000.txt", ""]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # a ZipInfo has a fixed date, so that equal arguments give equal bytes
        archive.writestr(zipfile.ZipInfo("model.ini"), "\n".join(lines))
        archive.writestr(zipfile.ZipInfo("domains/d000.txt"), "0\n1\n")
    return buffer.getvalue()


WEIGHTS = {2: [[1.0, -1.0], [2.0, 0.5]], 3: [[1.0], [2.0], [4.0]]}


def onnx_bytes(
    width: int = 2,
    batch: str | int | None = "rows",
    kind: str = "FLOAT",
    rank: int = 2,
    bias: float = 0.0,
) -> bytes:
    """Return a linear model: of width 2 (a + 2b, b/2 - a), of width 3 a + 2b + 4c, each plus ``bias``."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    number = getattr(TensorProto, kind)
    dtype = {"FLOAT": np.float32, "DOUBLE": np.float64}[kind]
    weights = np.array(WEIGHTS[width], dtype)
    shape = [batch, width] if rank == 2 else [batch, 1, width]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["xw"]), helper.make_node("Add", ["xw", "b"], ["y"])],
        "linear",
        [helper.make_tensor_value_info("x", number, shape)],
        [helper.make_tensor_value_info("y", number, [*shape[:-1], weights.shape[1]])],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.array([bias], dtype), "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content: bytes = model.SerializeToString()
    return content


@pytest.fixture
def onnx_file(tmp_path: Path) -> Callable[..., Path]:
    """Make the file of a tiny ONNX model; see ``onnx_bytes``."""

    def make(name: str = "linear", **shape: Any) -> Path:
        file = tmp_path / f"{name}.onnx"
        file.write_bytes(onnx_bytes(**shape))
        return file

    return make
