"""Faults behind real middleboxes: whoever reads gets all rows, or an error; no loss is silent.

What is promised is proven by a count (``completeness="auto"``, the default), because a middlebox that frames
an answer anew gives it an end that it never had.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Case:
    """Callers behind a middlebox, and a cut that they may meet."""

    devo: Any
    ledger: Ledger
    context: Any
    folder: Path
    box: str
    table: str
    cut: str
    lasts: bool

    def plan(self, times: int) -> None:
        if self.cut != "none":
            self.devo.fault(self.cut.removesuffix(" at once"), times=times, **CUTS[self.cut])

    def call(self, caller: str) -> None:
        """Let a caller read the table: all of it comes, or an error and nothing is left."""
        kind, call = CALLERS[caller]
        folder = self.folder / caller.replace(" ", "_")
        query = f"from {self.table} select n"
        asked = Asked(query, self.devo.window, "auto", folder, self.context, ROWS)
        try:
            call(asked)
            outcome = "whole"
        except (DevoDgaError, EventError) as error:
            outcome = error.name if isinstance(error, EventError) else type(error).__name__
            assert kind == "rows" or not asked.rows, caller
            assert not (folder.exists() and any(folder.iterdir())), caller
        else:
            numbers = [*itertools.chain.from_iterable(asked.rows)]
            assert kind not in {"whole", "rows"} or numbers == [*range(ROWS)], (caller, len(numbers))
            told = {ROWS} if kind in {"count", "trigger"} else {ROWS, None}
            assert asked.number in told, (caller, asked.number)
        self.ledger.note(Cell(self.box, "", self.cut, caller, self.lasts, outcome, 0))


@pytest.fixture
def case(
    devo: Any,
    connect: Any,
    box: Any,
    cut: str,
    lasts: bool,
    no_pauses: None,
    tmp_path: Path,
    context: Any,
    ledger: Ledger,
) -> Case:
    name, port, ca_file = box
    table = devo.table([{"n": number} for number in range(ROWS)], n="int4")
    timeout = 1 if cut == "stall" else 20
    connect("faulty", port=port, extra={"timeout": timeout, "retries": 1, "verify": ca_file})
    return Case(devo, ledger, context, tmp_path, name, table, cut, lasts)


@pytest.mark.parametrize(
    ("cut", "lasts"),
    [
        pytest.param(cut, lasts, id=f"{cut}-{'lasting' if lasts else 'passing'}")
        for cut in CUTS
        for lasts in [True, False]
        if cut != "stall" and (lasts or cut != "none")
    ],
)
def test_no_loss_is_silent(case: Case) -> None:
    for caller, (kind, _) in CALLERS.items():
        # a trigger asks until it passes
        case.plan((2 if kind == "trigger" else 50) if case.lasts else 1)
        case.call(caller)
        case.devo.no_fault()


@pytest.mark.parametrize("cut", ["stall"])
@pytest.mark.parametrize("lasts", [True, False], ids=["lasting", "passing"])
def test_no_loss_is_silent_where_an_answer_stalls(case: Case) -> None:
    """All callers wait for the end of their patience, so they wait together."""
    case.plan(1000 if case.lasts else len(CALLERS))
    with ThreadPoolExecutor(len(CALLERS)) as pool:
        calls = [(kind, pool.submit(case.call, caller)) for caller, (kind, _) in CALLERS.items()]
        # a trigger asks until it passes
        wait([call for kind, call in calls if kind != "trigger"])
        case.devo.no_fault()
    for _, call in calls:
        call.result()
