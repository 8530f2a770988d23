"""A parsed query to DuckDB's SQL, one nested SELECT a clause.

Columns carry names of ours (``c0``, ``c1`` …) and ``k``, which numbers the rows in order; no name from a
query reaches DuckDB. The vectorised operations are volatile to DuckDB, so it computes each once a row where
it stands, and never moves a later condition below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devo_sandbox import wire_errors
from devo_sandbox.linq import advice, tree, types
from devo_sandbox.linq.expressions import Models, Scope, aggregates_in, spelled
from devo_sandbox.linq.functions.catalog import AGGREGATES
from devo_sandbox.linq.functions.operation import is_value
from devo_sandbox.linq.sql import STORED, Piece, check_growth
from devo_sandbox.linq.types import Type

EVENTDATE = "eventdate"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer: Devo's name and type, and its name in our SQL."""

    name: str
    type: Type
    id: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A query ready to run over any source of rows.

    :param wraps: what to put before and after the SQL of the rows, clause by clause.
    :param limit: the rows of a ``limit`` that closes the query.
    :param limited_inside: a ``limit`` stands above other clauses.
    :param grouped: the query has a ``group``; ``period_ms`` is that of the first.
    """

    columns: tuple[Column, ...]
    wraps: tuple[tuple[str, str], ...]
    limit: int | None
    limited_inside: bool
    grouped: bool
    period_ms: int | None

    def over(self, source: str) -> str:
        """Return the SELECT that answers the query from ``source``, a SELECT of the columns and ``k``."""
        text = source
        for before, after in self.wraps:
            text = f"{before} ({text}) {after}"
        listed = ", ".join(column.id for column in self.columns)
        return f"SELECT {listed} FROM ({text})"  # noqa: S608 - names and numbers of ours


def compiled(query: tree.Query, columns: Sequence[Column], models: Models, now_ms: int) -> Plan:
    """Return the plan of ``query`` over a table with ``columns``.

    :raises WireError: Devo's launch error for whatever the query names that does not exist.
    """
    clauses = list(query.clauses)
    last = clauses[-1] if clauses else None
    limit = last.rows if isinstance(last, tree.Limit) else None
    if limit is not None:
        clauses.pop()
    compiler = _Compiler(columns, models, now_ms)
    for place, clause in enumerate(clauses):
        compiler.add(clause, clauses[place + 1 :])
    periods = [clause.period_ms for clause in clauses if isinstance(clause, tree.Group)]
    return Plan(
        columns=compiler.answer(),
        wraps=tuple(compiler.wraps),
        limit=limit,
        limited_inside=any(isinstance(clause, tree.Limit) for clause in clauses),
        grouped=bool(periods),
        period_ms=periods[0] if periods else None,
    )


class _Compiler:
    """The state between two clauses: what is visible, what was asked for, what SQL stands."""

    def __init__(self, columns: Sequence[Column], models: Models, now_ms: int) -> None:
        self.columns = {column.name: Piece(column.id, column.type, longest=STORED) for column in columns}
        self.stored_eventdate = self.columns.get(EVENTDATE)
        self.aggregates: dict[str, Piece] = {}
        self.mentioned: list[str] = []
        self.wraps: list[tuple[str, str]] = []
        self.models = models
        self.now_ms = now_ms
        self.next_id = len(columns)
        self.size = self.cost = 0

    @property
    def scope(self) -> Scope:
        return Scope(self.columns, self.aggregates, self.models, self.now_ms)

    def add(self, clause: tree.Clause, later: Sequence[tree.Clause]) -> None:
        match clause:
            case tree.Where(conditions):
                self._where(conditions)
            case tree.Select(items):
                self._select(items)
            case tree.Limit(rows):
                self.wraps.append(("SELECT * FROM", f"LIMIT {int(rows)}"))
            case tree.Group():
                self._group(clause, later)

    def answer(self) -> tuple[Column, ...]:
        names = self.mentioned or list(self.columns)
        if not names:
            raise wire_errors.parsing_error("the query has no columns")
        return tuple(Column(name, self.columns[name].type, self.columns[name].text) for name in names)

    def _where(self, conditions: Sequence[tree.Expression]) -> None:
        tests = []
        for condition in conditions:
            piece = self._counted(self.scope.piece(condition))
            if not types.widens(piece.type, types.BOOL):
                raise wire_errors.unknown_operation("where", f"({piece.type})")
            tests.append(f"({piece.text})")
        self.wraps.append(("SELECT * FROM", f"WHERE {' AND '.join(tests)}"))

    def _select(self, items: Sequence[tree.Item]) -> None:
        if not items:
            self._mention(*self.columns)
        pending: dict[str, str] = {}
        for item in items:
            if isinstance(item.expression, tree.Name) and item.alias is None:
                self.scope.piece(item.expression)
                self._mention(item.expression.name)
                continue
            if pending and not names_in(item.expression).isdisjoint(pending):
                # It uses an alias of this very clause, which must exist first.
                self._extend(pending)
                pending = {}
            piece = self._counted(_as_column(self.scope.piece(item.expression)))
            name = item.alias or item.text
            self._refuse_twice(name)
            pending[name] = piece.text
            self.columns[name] = Piece(self._id(), piece.type, longest=piece.longest)
            self._mention(name)
        if pending:
            self._extend(pending)

    def _extend(self, pending: dict[str, str]) -> None:
        added = ", ".join(f"{text} AS {self.columns[name].text}" for name, text in pending.items())
        self.wraps.append((f"SELECT *, {added} FROM", ""))

    def _group(self, group: tree.Group, later: Sequence[tree.Clause]) -> None:
        before = self.scope
        keys: dict[str, Piece] = {}
        if group.period_ms:
            keys[EVENTDATE] = self._bucket(group.period_ms)
        for key in group.keys:
            name = key.expression.name if isinstance(key.expression, tree.Name) else key.text
            if name in keys:
                raise wire_errors.name_used_twice(name)
            keys[name] = _as_column(before.piece(key.expression))
        aggregates = _aggregates(before, later)
        selected = [(self._id(), self._counted(piece)) for piece in (*keys.values(), *aggregates.values())]
        renamed = [Piece(name, piece.type, longest=piece.longest) for name, piece in selected]
        self.columns = dict(zip(keys, renamed, strict=False))
        self.aggregates = dict(zip(aggregates, renamed[len(keys) :], strict=True))
        self.mentioned = list(keys)
        places = ", ".join(str(place + 1) for place in range(len(keys)))
        # Sorted, for Devo pages through an answer by offset and DuckDB's own order changes.
        after = f"GROUP BY {places} ORDER BY {places}" if keys else ""
        listed = [f"{piece.text} AS {name}" for name, piece in selected]
        if any(isinstance(clause, tree.Group) for clause in later):
            # Only another group asks for the order of the rows.
            listed.append("min(k) AS k")
        self.wraps.append((f"SELECT {', '.join(listed) or 'min(k) AS k'} FROM", after))

    def _counted(self, piece: Piece) -> Piece:
        self.size += len(piece.text)
        self.cost += piece.cost
        check_growth(self.size, self.cost)
        return piece

    def _bucket(self, period_ms: int) -> Piece:
        column = self.scope.piece(tree.Name(EVENTDATE))
        if column == self.stored_eventdate:
            # No stored event lies before 1970, so that the cheapest SQL is right.
            return Piece(f"({column.text} // {int(period_ms)} * {int(period_ms)})", types.TIMESTAMP)
        return self.scope.piece(tree.Call("period", (tree.Name(EVENTDATE), tree.Duration(period_ms))))

    def _mention(self, *names: str) -> None:
        self.mentioned.extend(name for name in names if name not in self.mentioned)

    def _refuse_twice(self, name: str) -> None:
        if name.lower() in {known.lower() for known in self.columns}:
            raise advice.placed(wire_errors.name_used_twice(name), None, "choose another alias")

    def _id(self) -> str:
        self.next_id += 1
        return f"c{self.next_id - 1}"


def names_in(node: tree.Expression) -> set[str]:
    """Return every name that an expression refers to."""
    match node:
        case tree.Name(name):
            return {name}
        case tree.Call(_, parts) | tree.Items(_, parts):
            return set().union(*(names_in(part) for part in parts))
        case _:
            return set()


def _as_column(piece: Piece) -> Piece:
    if not is_value(piece):
        raise wire_errors.parsing_error(f"a {piece.type} cannot be a column")
    return Piece("CAST(NULL AS VARCHAR)", types.STR) if piece.type == types.NULL else piece


def _aggregates(before: Scope, later: Sequence[tree.Clause]) -> dict[str, Piece]:
    """Return the aggregates that the clauses up to the next group ask for, over the rows before this one."""
    found: dict[str, Piece] = {}
    for expression in _until_group(later):
        for call in aggregates_in(expression):
            if spelled(call) not in found:
                arguments = [before.piece(argument) for argument in call.arguments]
                found[spelled(call)] = AGGREGATES[call.operation].call(arguments)
    return found


def _until_group(clauses: Sequence[tree.Clause]) -> Iterator[tree.Expression]:
    for clause in clauses:
        match clause:
            case tree.Group():
                return
            case tree.Where(conditions):
                yield from conditions
            case tree.Select(items):
                yield from (item.expression for item in items)
            case tree.Limit():
                continue
