"""What our types accept, DuckDB accepts: every operation, with arguments of every kind."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest

from devo_sandbox.linq import tree, types
from devo_sandbox.linq.functions.catalog import AGGREGATES, FUNCTIONS
from devo_sandbox.linq.parse import parse
from devo_sandbox.linq.to_duckdb import compiled
from devo_sandbox.queries.modes import FORMATS
from devo_sandbox.queries.wire_whole import Whole
from devo_sandbox.tables import events
from devo_sandbox.tables.tables import Tables
from devo_sandbox.wire_errors import WireError

SCHEMA = {"eventdate": types.TIMESTAMP, "s": types.STR, "i": types.INT4, "j": types.INT8, "f": types.FLOAT8}
SCHEMA |= {"g": types.FLOAT4, "b": types.BOOL, "ip": types.IP4}
EVENTS = [
    b'{"eventdate":1,"s":"a.example.com","i":3,"j":-4,"f":2.5,"g":0.1,"b":true,"ip":"10.0.0.1"}',
    b'{"eventdate":2}',
]
ARGUMENTS = [*SCHEMA, "null", '"lit"', '"12"', "3", "2.5", "true", "5m", "10.0.0.1", "10.0.0.0/8", 're("a")']
ARGUMENTS += [
    'template("b")',
    "[1,2]",
    '["a"]',
    "[null]",
    '{1,"a"}',
    '(1,"x")',
    'split(s,".")',
    '"yyyy-MM-dd"',
]
TRIPLES = 2_000


class NoModels:
    def evaluator(self, domain: str, name: str) -> None:
        return None


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    tables = Tables(None)
    tables.create("x", SCHEMA)
    tables.insert("x", events.read(EVENTS, SCHEMA))
    tables.lock_down()
    yield tables
    tables.close()


def arguments() -> list[tree.Expression]:
    (select,) = parse(f"from x select {', '.join(ARGUMENTS)}").clauses
    assert isinstance(select, tree.Select)
    return [item.expression for item in select.items]


def calls(name: str) -> Iterator[tree.Call]:
    given = arguments()
    triples = list(itertools.product(given, repeat=3))
    sample = random.Random(name).sample(triples, TRIPLES)  # noqa: S311 - to be repeatable
    # One use of a pattern and a template among so many triples would often be missed.
    sample += [some for some in triples if "re" in str(some[1]) and "template" in str(some[2])]
    for some in itertools.chain([()], *(itertools.product(given, repeat=count) for count in (1, 2)), sample):
        yield tree.Call(name, some)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FUNCTIONS, *AGGREGATES])
def test_whatever_is_accepted_runs(tables: Tables, name: str) -> None:
    table: Any = tables.get("x")
    group = (tree.Group((), None),) if name in AGGREGATES else ()
    accepted = 0
    for call in calls(name):
        query = tree.Query("x", (*group, tree.Select((tree.Item(call, "y", "y"),))), ())
        try:
            plan = compiled(query, table.columns, NoModels(), 0)
        except WireError:
            continue
        accepted += 1
        for form in FORMATS.values():
            writer = form(plan.columns, ip_as_text=True, keep_alive={})
            rows = plan.over(f"SELECT *, rowid AS k FROM {table.sql_name}")  # noqa: S608 - our name
            statement = f"SELECT {writer.selected()} FROM ({rows})"  # noqa: S608 - what is being tested
            found = tables.connection.execute(statement).fetchall()
            assert writer.rows(found) or not found or isinstance(writer, Whole), call
            writer.close()
    assert accepted or name in {"re", "template"}  # these are no columns
