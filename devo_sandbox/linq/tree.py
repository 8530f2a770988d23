"""The nodes of a parsed LINQ query: frozen values, and what each is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, integer, real, boolean or null written in the query."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time such as ``5m``."""

    milliseconds: int


@dataclass(frozen=True, slots=True)
class Address:
    """An IPv4 address as an unsigned 32-bit number."""

    number: int


@dataclass(frozen=True, slots=True)
class Network:
    """An IPv4 network, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Name:
    """A column, or an alias given further up."""

    name: str
    # Line and column, for our log; two names are the same wherever they stand.
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """An operation applied to arguments; operators are operations too."""

    operation: str
    arguments: tuple[Expression, ...]
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Items:
    """A set, array or tuple written out."""

    kind: str
    members: tuple[Expression, ...]


Expression = Constant | Duration | Address | Network | Name | Call | Items


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a ``select`` or of ``group by``; ``text`` is how the query spells it."""

    expression: Expression
    alias: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Where:
    """Keep the rows for which every condition is true."""

    conditions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Select:
    """Add columns; no items means ``select *``."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One row for each distinct key and, with a period, each span of time."""

    keys: tuple[Item, ...]
    period_ms: int | None


@dataclass(frozen=True, slots=True)
class Limit:
    """End the stream after this many rows."""

    rows: int


Clause = Where | Select | Group | Limit


def parts(node: Expression) -> Iterable[Expression]:
    """Return the expressions that an expression is made of."""
    match node:
        case Call(_, members) | Items(_, members):
            return members
        case _:
            return ()


def expressions(clause: Clause) -> Iterable[Expression]:
    """Return the expressions of a clause."""
    match clause:
        case Where(conditions):
            return conditions
        case Select(items):
            return [item.expression for item in items]
        case Group(keys, _):
            return [key.expression for key in keys]
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query. Pragmas are comments to Devo and are kept only for the log."""

    table: str
    clauses: tuple[Clause, ...]
    pragmas: tuple[tuple[str, str], ...]
