"""Every operation does what a plain reading of its documentation says, over generated rows.

The readings in ``reading/`` share nothing with the sandbox. The rows of all examples stand in one table, and
one query an expression answers them all.
"""

from __future__ import annotations

import inspect
import itertools
import math
import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from devo_sandbox.linq import types
from devo_sandbox.linq.functions.catalog import AGGREGATES, COMPILED, FUNCTIONS
from devo_sandbox.linq.parse import parse
from devo_sandbox.linq.to_duckdb import compiled
from devo_sandbox.tables import events
from devo_sandbox.tables.tables import Table, Tables
from tests.examples import examples

HERE = Path(__file__).parent
ROOMS = {path.stem: runpy.run_path(str(path)) for path in sorted((HERE / "reading").glob("*.py"))}
ROWS = runpy.run_path(str(HERE / "rows.py"))
SCALARS = [one for name, room in ROOMS.items() if name != "aggregate" for one in room["READINGS"]]
NULLS = ROOMS["value"]["NULLS"]
AGGREGATED = ROOMS["aggregate"]["READINGS"]
# No function of a row: the clock and the models have tests of their own.
ELSEWHERE = set(COMPILED)


class NoModels:
    def evaluator(self, domain: str, name: str) -> None:
        return None


@dataclass(frozen=True)
class Loaded:
    """A table and the rows in it, as Devo holds them."""

    tables: Tables
    rows: list[dict[str, Any]]

    @property
    def table(self) -> Table:
        found = self.tables.get("x")
        assert found is not None
        return found

    def answers(self, clauses: str, where: str = "true") -> list[tuple[Any, ...]]:
        plan = compiled(parse(f"from x {clauses}"), self.table.columns, NoModels(), 0)
        source = f"SELECT *, rowid AS k FROM {self.table.sql_name} WHERE {where}"  # noqa: S608 - our names and numbers
        return self.tables.connection.execute(plan.over(source)).fetchall()


def loaded(count: int) -> Iterator[Loaded]:
    rows = ROWS["generated"](count)
    tables = Tables(None)
    schema = {name: types.BY_NAME[kind] for name, kind in ROWS["COLUMNS"].items()}
    tables.create("x", schema)
    batches = events.read(ROWS["lines"](rows), schema)
    tables.insert("x", batches)
    stored = [row for batch in batches for row in batch.rename_columns([*schema]).to_pylist()][::-1]
    yield Loaded(tables, [{**row, "big": None if row["big"] is None else int(row["big"])} for row in stored])
    tables.close()


@pytest.fixture(scope="module")
def few() -> Iterator[Loaded]:
    yield from loaded(examples(400))


@pytest.fixture(scope="module")
def many() -> Iterator[Loaded]:
    yield from loaded(examples(6_000))


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and isinstance(found, float):
        return (
            found == wanted
            or math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-300)
            or found != found != wanted
        )
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    return type(found) is type(wanted) and found == wanted


def compare(data: Loaded, expression: str, reading: Callable[..., Any], *, nulls: bool) -> None:
    names = [n for n, p in inspect.signature(reading).parameters.items() if p.default is p.empty]
    assert set(names) <= ROWS["COLUMNS"].keys()
    wanted: dict[int, Any] = {}
    beyond: list[int] = []
    for row in data.rows:
        given = [row[name] for name in names]
        try:
            wanted[row["eventdate"]] = None if None in given and not nulls else reading(*given)
        except OverflowError:
            beyond.append(row["eventdate"])
    dates = data.table.eventdate
    where = f"{dates} NOT IN ({', '.join(map(str, beyond))})" if beyond else "true"
    found = dict(data.answers(f"select eventdate, {expression} as answer", where))
    wrong = [
        ({name: row[name] for name in names}, found[at], wanted[at])
        for row in data.rows
        if (at := row["eventdate"]) in wanted and not same(found[at], wanted[at])
    ]
    assert not wrong, f"{len(wrong)} rows, such as {wrong[:4]} (given, found, wanted)"
    for at in beyond[:3]:
        with pytest.raises(duckdb.Error):
            data.answers(f"select {expression} as answer", f"{dates} = {at}")


@pytest.mark.parametrize(("name", "expression", "reading"), SCALARS)
def test_as_read(few: Loaded, name: str, expression: str, reading: Callable[..., Any]) -> None:
    compare(few, expression, reading, nulls=False)


@pytest.mark.parametrize(("name", "expression", "reading"), NULLS)
def test_as_read_with_nulls(few: Loaded, name: str, expression: str, reading: Callable[..., Any]) -> None:
    compare(few, expression, reading, nulls=True)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "expression", "reading"), SCALARS)
def test_many_as_read(many: Loaded, name: str, expression: str, reading: Callable[..., Any]) -> None:
    compare(many, expression, reading, nulls=False)


@pytest.mark.parametrize(("name", "expression", "column", "reading"), AGGREGATED)
@pytest.mark.parametrize("key", ["n", "b"])
def test_groups_as_read(
    few: Loaded, name: str, expression: str, column: str, reading: Callable[[list[Any]], Any], key: str
) -> None:
    def place(row: dict[str, Any]) -> tuple[bool, Any]:
        return row[key] is not None, row[key]

    groups = itertools.groupby(sorted(few.rows, key=place), lambda row: row[key])
    wanted = {value: reading([row[column] for row in rows]) for value, rows in groups}
    found = dict(few.answers(f"group by {key} select {expression} as answer"))
    assert found.keys() == wanted.keys()
    for value, answer in wanted.items():
        if name == "hllppcount":
            # DuckDB's estimate tells values apart by a hash: it may take two of few for one
            assert found[value] == pytest.approx(answer, rel=0.1, abs=int(answer > 1))
        else:
            assert same(found[value], answer) or found[value] == pytest.approx(answer, rel=1e-9), value


def test_every_operation_has_a_reading() -> None:
    read = {name for name, *_ in [*SCALARS, *NULLS, *AGGREGATED]}
    assert {*FUNCTIONS, *AGGREGATES, *COMPILED} - read - ELSEWHERE == set()
    assert read <= {*FUNCTIONS, *AGGREGATES}
