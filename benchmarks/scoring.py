"""``mlevalmodel`` scores tens of thousands of rows a second, every one of them new to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jpype
import requests

from benchmarks import events, gbm
from benchmarks.claim import Measured, Size, seconds
from devo_sandbox.models.java import java_class
from devo_sandbox.server import Sandbox

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

QUERY = f'from bench.rows select mlevalmodel("self", "gbm", {", ".join(gbm.FEATURES)}) as label'
GROUPED = f"{QUERY} group by label select count() as n"
TURNS = 3


def run(size: Size) -> list[Measured]:
    """Count labels in a query, and score the same rows one by one through JPype."""
    matrix = gbm.rows(size.pick(200_000, 40_000), seed=3)
    with Sandbox() as sandbox:
        gbm.fill(sandbox.tenant.tables, "bench.rows", matrix)
        one_by_one(matrix[:5000])
        times = []
        for _ in range(TURNS):
            # A new image, so that nothing is known of any row.
            register(sandbox)
            times.append(seconds(lambda: ask(sandbox, GROUPED)))
            plain = seconds(lambda: one_by_one(matrix))
    wall = min(times)
    parts = {
        "plain_loop_rows_per_s": len(matrix) / plain,
        "ratio_to_plain_loop": plain / wall,
    }
    claim = f"`mlevalmodel` over {len(matrix):,} distinct rows, 150 trees, 37 features"
    return [Measured(claim, len(matrix) / wall, "rows/s", 60_000, at_least=True, parts=parts)]


def register(sandbox: Sandbox) -> None:
    """Register the model, in place of itself."""
    from devo_ml.modelmanager import create_client_from_token

    client = create_client_from_token(sandbox.mlmm_url, sandbox.token, verify=sandbox.ca_file)
    client.add_model("gbm", "H2O", str(gbm.mojo()), force=True)


def ask(sandbox: Sandbox, query: str) -> Any:
    """Return the rows of an answer."""
    body = {**events.WINDOW, "query": query, "mode": {"type": "json/compact"}}
    answer = requests.post(
        sandbox.url,
        json=body,
        headers={"Authorization": f"Bearer {sandbox.token}"},
        verify=sandbox.ca_file,
        timeout=600,
    )
    return answer.json()["object"]["d"]


def one_by_one(matrix: NDArray[np.float64]) -> None:
    """Score in the plain way: a call into Java for each row."""
    factory = java_class("hex.genmodel.MojoReaderBackendFactory")
    backend = factory.createReaderBackend(jpype.JString(str(gbm.mojo())))
    model = java_class("hex.genmodel.ModelMojoReader").readFrom(backend)
    row = jpype.JArray(jpype.JDouble)(matrix.shape[1])
    says = jpype.JArray(jpype.JDouble)(int(model.getPredsSize()))
    for values in matrix:
        row[:] = values
        model.score0(row, says)
