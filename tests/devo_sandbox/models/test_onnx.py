"""ONNX models: registered by the official client, one array of float4 in, an array out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from devo_ml.modelmanager import create_client_from_token, engines
from devo_ml.modelmanager.error import ModelManagerError

from devo_sandbox.server import Sandbox

Make = Callable[..., Path]
ROWS = "from pairs select"
# Half of them come twice.
PAIRS = [(float(n % 3000), float(n % 3000) / 2) for n in range(6000)]


def add(sandbox: Sandbox, name: str, file: Path) -> Any:
    client = create_client_from_token(sandbox.mlmm_url, sandbox.token, verify=sandbox.ca_file)
    client.add_model(name, engines.ONNX, str(file), force=True)
    return client.get_model(name)


@pytest.fixture(scope="session")
def pairs(api: Any) -> Any:
    columns = [{"name": "eventdate", "type": "timestamp"}]
    columns += [{"name": name, "type": "float8"} for name in ("a", "b")]
    assert api.post("/_sandbox/tables/pairs", {"columns": columns}).status_code == 201
    events = [{"eventdate": 1767225600000 + at, "a": a, "b": b} for at, (a, b) in enumerate(PAIRS)]
    assert api.load("pairs", events).json() == {"inserted": len(PAIRS)}
    return api


def test_what_the_registry_says_of_it(sandbox: Sandbox, onnx_file: Make) -> None:
    model = add(sandbox, "linear", onnx_file())
    assert (model["engine"], model["outputType"]) == ("ONNX", "array(float4)")
    assert model["fields"] == [{"id": 1, "name": "x", "description": "", "type": "array(float4)"}]


@pytest.mark.parametrize("batch", ["rows", None, 1])
def test_rows_are_scored(pairs: Any, onnx_file: Make, batch: str | int | None) -> None:
    add(pairs.sandbox, "linear", onnx_file(batch=batch))
    rows = pairs.rows(
        f'{ROWS} at(mlevalmodel("self", "linear", [float4(a), float4(b)]), 0) as first,'
        ' at(mlevalmodel("self", "linear", [float4(a), float4(b)]), 1) as second,'
        ' at(mlevalmodel("self", "linear", [float4(a), float4(b)]), 2) as none'
    )
    assert [(row["first"], row["second"], row["none"]) for row in rows] == [
        (a + 2 * b, b / 2 - a, None) for a, b in PAIRS
    ]


def test_the_answer_is_an_array(pairs: Any, onnx_file: Make) -> None:
    add(pairs.sandbox, "three", onnx_file(width=3))
    rows = pairs.rows(
        f'{ROWS} mlevalmodel("self", "three", [float4(a), float4(b), float4(1)]) as y'
        " select size(y) as n, y[0] as sum where sum > 10.0",
        limit=2,
    )
    assert [(row["n"], row["sum"]) for row in rows] == [(1, 12.0), (1, 14.0)]


def test_a_null_gives_null(pairs: Any, onnx_file: Make) -> None:
    add(pairs.sandbox, "linear", onnx_file())
    rows = pairs.rows(
        f"{ROWS} ifthenelse(a > 1.0, null, a) as c,"
        ' at(mlevalmodel("self", "linear", [float4(c), float4(b)]), 0) as y',
        limit=4,
    )
    assert [row["y"] for row in rows] == [0.0, 2.0, None, None]


@pytest.mark.parametrize(
    "arguments",
    [
        "float4(a), float4(b)",
        "[float4(a)]",
        "[float4(a), float4(b), float4(b)]",
        "[a, b]",
        "[1, 2]",
        '["x", "y"]',
        "[float4(a), float4(b)], 1",
        "[]",
    ],
)
def test_arguments_that_do_not_fit(pairs: Any, onnx_file: Make, arguments: str) -> None:
    add(pairs.sandbox, "linear", onnx_file())
    response = pairs.query(f'{ROWS} mlevalmodel("self", "linear", {arguments}) as y')
    assert response.status_code == 500
    assert response.json()["object"][1] == "Unknown model `linear`"


def test_a_size_that_only_the_rows_know(pairs: Any, onnx_file: Make) -> None:
    add(pairs.sandbox, "linear", onnx_file())
    add(pairs.sandbox, "three", onnx_file(width=3))
    three = 'mlevalmodel("self", "three", [float4(a), float4(b), float4(b)])'
    response = pairs.query(f'{ROWS} mlevalmodel("self", "linear", {three}) as y')
    assert '"y":' not in response.text
    assert "error" in response.text.lower()


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x08"])
def test_a_corrupt_file(sandbox: Sandbox, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelManagerError, match="Invalid image"):
        add(sandbox, "broken", file)


@pytest.mark.parametrize("shape", [{"kind": "DOUBLE"}, {"rank": 3}, {"batch": 7}])
def test_a_model_of_another_form(sandbox: Sandbox, onnx_file: Make, shape: dict[str, Any]) -> None:
    with pytest.raises(ModelManagerError, match="Invalid image"):
        add(sandbox, "form", onnx_file(**shape))


def test_a_cut_file(sandbox: Sandbox, onnx_file: Make) -> None:
    file = onnx_file()
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ModelManagerError, match="Invalid image"):
        add(sandbox, "cut", file)


def test_the_runtime_is_told_to_tell_nobody_of_itself() -> None:
    # it would, some ten seconds after it was loaded
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
