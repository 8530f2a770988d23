"""Faults behind real middleboxes: whoever reads gets all rows, or an error; no loss is silent.

What is promised is proven by a count (``completeness="auto"``, the default), because a middlebox that frames
an answer anew gives it an end that it never had.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoDgaError
from tests.faults.callers import CALLERS, Asked, EventError
from tests.faults.ledger import Cell, Ledger
from tests.faults.middleboxes import HAPROXY, MIDDLEBOXES, NGINX, middlebox

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (NGINX and HAPROXY), reason="nginx and haproxy are not installed"),
]

ROWS = 400
CUTS: dict[str, dict[str, Any]] = {
    "none": {},
    "cut_row": {"after_rows": 150},
    "cut_mid_row": {"after_rows": 150},
    "cut_chunked": {"after_rows": 150},
    "reframed": {"after_rows": 150},
    "cut_row at once": {"after_rows": 0},
    "cut_chunked at once": {"after_rows": 0},
    "reframed at once": {"after_rows": 0},
    "reset_mid": {"after_rows": 150},
    "e_mid": {"after_rows": 150},
    "length_short": {},
    "length_long": {},
    "empty_200": {},
    "stall": {"after_rows": 150},
}


@pytest.fixture(scope="module", params=MIDDLEBOXES)
def box(request: Any, sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run each middlebox once for all its cases."""
    folder = tmp_path_factory.mktemp("box")
    with middlebox(request.param, folder, sandbox.port) as (port, ca_file):
        yield request.param, port, ca_file


@pytest.mark.parametrize("lasts", [True, False], ids=["lasting", "passing"])
@pytest.mark.parametrize("cut", CUTS)
def test_no_loss_is_silent(
    devo: Any,
    connect: Any,
    box: Any,
    cut: str,
    lasts: bool,
    no_pauses: None,
    tmp_path: Path,
    context: Any,
    ledger: Ledger,
) -> None:
    name, port, ca_file = box
    table = devo.table([{"n": number} for number in range(ROWS)], n="int4")
    connect(
        "faulty", port=port, extra={"timeout": 4 if cut == "stall" else 20, "retries": 1, "verify": ca_file}
    )
    for caller, (kind, call) in CALLERS.items():
        if cut == "none" and not lasts:
            continue
        folder = tmp_path / caller.replace(" ", "_")
        asked = Asked(f"from {table} select n", devo.window, "auto", folder, context, ROWS)
        times = (2 if kind == "trigger" else 50) if lasts else 1
        if cut != "none":
            devo.fault(cut.removesuffix(" at once"), times=times, **CUTS[cut])
        try:
            call(asked)
            outcome = "whole"
        except (DevoDgaError, EventError) as error:
            outcome = error.name if isinstance(error, EventError) else type(error).__name__
            assert kind == "rows" or not asked.rows
            assert not (folder.exists() and any(folder.iterdir()))
        else:
            numbers = list(itertools.chain.from_iterable(asked.rows))
            assert kind not in {"whole", "rows"} or numbers == list(range(ROWS)), (caller, len(numbers))
            assert asked.number in ({ROWS} if kind in {"count", "trigger"} else {ROWS, None}), (
                caller,
                asked.number,
            )
        finally:
            devo.call("DELETE", "faults")
        ledger.note(Cell(name, "", cut, caller, lasts, outcome, 0))
