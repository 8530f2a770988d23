"""Every fault of the wire, for every caller: all rows once, or a typed error and nothing published.

A fault that lasts shows the error, how often was asked, and that nothing is left behind. One that passes
shows that what is asked again comes whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoDgaError
from tests.faults.callers import CALLERS, Asked, EventError
from tests.faults.cases import FAULTS, Fault
from tests.faults.ledger import Cell, Ledger

# Texts that a reader could take for something else: rows 25, 26 and 29 of the contract.
TEXTS = ['{"e":[1,"x"]}', "devo.api.error,5,x", "two\nlines\r\n", "\u2028\u0085", 'quote " and \\', ""]
ROWS = [{"n": number, "e": text} for number, text in enumerate(TEXTS)]
WHOLE = [[row["n"], row["e"]] for row in ROWS]
RETRIES = 1
LASTING = 50


@pytest.fixture(scope="module")
def table(_owner: Any) -> str:
    return _owner.table(ROWS, n="int4", e="str")


@pytest.fixture
def asked(devo: Any, connect: Any, no_pauses: None, table: str, tmp_path: Path, context: Any) -> Asked:
    connect("faulty", extra={"timeout": 10, "retries": RETRIES})
    folder = tmp_path / "out"
    return Asked(f"from {table} select n, e", devo.window, "framing", folder, context, len(ROWS))


class Watched:
    """Calls a caller and sees what it may not do: leave a file, give a part, show the token."""

    def __init__(self, devo: Any, asked: Asked, caller: str, caplog: Any, capfd: Any) -> None:
        self.devo, self.asked, self.caplog, self.capfd = devo, asked, caplog, capfd
        self.kind, self.call = CALLERS[caller]

    def __call__(self) -> BaseException | None:
        self.asked.rows, self.asked.number = [], None
        try:
            self.call(self.asked)
        except (DevoDgaError, EventError) as error:
            self._look(error)
            assert not self._files()
            # rows that were handed out are those of the table, in order, none of them twice
            assert self.asked.rows == WHOLE[: len(self.asked.rows)]
            assert not self.asked.rows or self.kind == "rows"
            return error
        self._look(None)
        if self.kind == "poke" and self.asked.number is None:
            return None
        assert self.asked.number in {len(ROWS), None}
        if self.kind in {"whole", "rows"}:
            assert self.asked.rows == WHOLE
        assert len(self._files()) == (self.asked.number is not None and self.kind == "whole")
        return None

    def questions(self) -> tuple[int, int]:
        """Return how often rows were asked for, and how often their count."""
        bodies = [request["body"] for request in self.devo.asked(self.asked.query.split()[1])]
        counts = sum("rows_n" in body for body in bodies)
        return len(bodies) - counts, counts

    def _files(self) -> list[Path]:
        return [*self.asked.folder.iterdir()] if self.asked.folder.exists() else []

    def _look(self, error: BaseException | None) -> None:
        said = [self.caplog.text, *self.capfd.readouterr()]
        while error is not None:
            said += [str(error), repr(error), repr(vars(error))]
            error = error.__cause__ or error.__context__
        assert not any(self.devo.sandbox.token in text for text in said)


@pytest.fixture
def watched(devo: Any, asked: Asked, caller: str, caplog: Any, capfd: Any) -> Watched:
    return Watched(devo, asked, caller, caplog, capfd)


def name_of(error: BaseException | None) -> str | None:
    return error.name if isinstance(error, EventError) else type(error).__name__ if error else None


QUICK = {"get_records", "trigger"}


def params(lasts: bool) -> Any:
    """Return the cells: a fault that is final, or none, need not be seen to pass."""
    cells = [
        pytest.param(
            fault,
            caller,
            id=f"{fault.name}-{caller}",
            # one caller of each kind is enough for a quick look
            marks=[pytest.mark.slow] * (fault.slow or caller not in QUICK),
        )
        for fault in FAULTS
        for caller, (kind, _) in CALLERS.items()
        if applies(fault, kind) and (lasts or fault.may_pass(kind))
    ]
    return pytest.mark.parametrize(("fault", "caller"), cells)


def applies(fault: Fault, kind: str) -> bool:
    # Waiting callers never take fewer rows for enough, so they need no count; an answer to a count that a
    # proxy made whole without its number says that there is nothing.
    return fault.name != "reframed" or kind in {"whole", "rows"}


def plan(devo: Any, connect: Any, asked: Asked, fault: Fault, kind: str, times: int) -> None:
    if fault.slow:
        connect("faulty", extra={"timeout": 1, "retries": RETRIES})
    asked.completeness = fault.completeness
    devo.fault(fault.name, after_rows=0 if kind == "count" else fault.after, times=times, **fault.more)


@params(lasts=True)
def test_while_it_lasts(
    devo: Any, connect: Any, asked: Asked, watched: Watched, ledger: Ledger, fault: Fault, caller: str
) -> None:
    kind = watched.kind
    again = fault.may_pass(kind)
    # a trigger asks until the fault passes
    plan(devo, connect, asked, fault, kind, 2 if kind == "trigger" and again else LASTING)
    error = watched()
    rows, counts = watched.questions()
    expected = fault.of(kind)
    if again and kind in {"poke", "trigger"}:
        assert (error, asked.number) == (None, len(ROWS) if kind == "trigger" else None)
    else:
        assert name_of(error) == (expected.__name__ if expected else None)
    begun = fault.after > 0 and kind in {"rows", "poke"}
    asks = 1 if not again or begun else RETRIES + 1
    if kind == "trigger" and again and not fault.counts:
        asks += 1  # a count takes the other strike
    assert (counts if kind == "count" else rows) == asks
    if kind != "count":
        assert counts == (asks - (kind == "trigger" and again)) * fault.counts
    outcome = name_of(error) or ("not yet" if kind == "poke" and asked.number is None else "whole")
    ledger.note(Cell("rows", fault.row, fault.name, caller, True, outcome, asks))


@params(lasts=False)
def test_when_it_passes(
    devo: Any, connect: Any, asked: Asked, watched: Watched, ledger: Ledger, fault: Fault, caller: str
) -> None:
    kind = watched.kind
    plan(devo, connect, asked, fault, kind, 1)
    error = watched()
    begun = fault.after > 0 and kind in {"rows", "poke"}
    if begun and kind == "poke":
        assert (error, asked.number) == (None, None)
        error = watched()
    if begun and kind == "rows":
        assert name_of(error) == fault.of(kind).__name__  # type: ignore[union-attr]
        assert len(asked.rows) == fault.after
    else:
        assert error is None
        assert asked.number in {len(ROWS), None}
    asks = 1 if begun and kind == "rows" else 2
    rows, counts = watched.questions()
    assert (counts if kind == "count" else rows) == asks
    if kind != "count":
        assert counts == fault.counts * (asks if asked.completeness == "count" else 1)
    ledger.note(Cell("rows", fault.row, fault.name, caller, False, name_of(error) or "whole", asks))
