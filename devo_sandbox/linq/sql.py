"""The only place where values become SQL text, and the typed pieces of SQL built from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from devo_sandbox import wire_errors
from devo_sandbox.linq import types
from devo_sandbox.linq.types import Type

# DuckDB takes seconds to plan so many characters.
MAX_SQL = 250_000
# Of what one row may cost: DuckDB works on 2048 at once, and cannot be interrupted meanwhile.
MAX_COST = 250_000
# What a stored text is taken to have, in characters.
STORED = 500
MAX_MOMENT = 2**53
# DuckDB alone would also take "nan", blanks and underscores for numbers.
FLOAT_OF_TEXT = (
    "CASE WHEN regexp_full_match({0}, '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?') "
    "THEN TRY_CAST({0} AS DOUBLE) END"
)


class _NotWritten:
    """Marks a piece whose value is only known for each row."""


NOT_WRITTEN: Final = _NotWritten()
Written = str | int | float | bool | None | _NotWritten


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of SQL and its Devo type.

    :param written: the value when the query spells it out, else ``NOT_WRITTEN``.
    :param members: the members of a set, array or tuple that the query spells out.
    :param longest: of a text the most characters, of a pattern its steps.
    :param cost: the characters of the texts made for a row, beyond ``STORED`` each, and all patterns' steps.
    """

    text: str
    type: Type
    written: Written = NOT_WRITTEN
    members: tuple[Piece, ...] = field(default=())
    longest: int = 0
    cost: int = 0

    def __post_init__(self) -> None:
        # Some operations repeat an argument; nested, they would grow without bound.
        check_growth(len(self.text), self.cost)

    @property
    def is_written(self) -> bool:
        """Tell whether the query itself spells the value."""
        return not isinstance(self.written, _NotWritten)


def check_growth(size: int, cost: int) -> None:
    """Refuse SQL of too many characters, and what would take too much time and memory for each row.

    :raises WireError: Devo's parsing error.
    """
    if size > MAX_SQL:
        raise wire_errors.parsing_error("the query grows too large")
    if cost > MAX_COST:
        raise wire_errors.parsing_error("the texts that the query makes, or its patterns, grow too large")


def cost_within(text: str, pieces: Iterable[Piece]) -> int:
    """Return what pieces cost that a text is made of, each as often as it stands there."""
    return sum(piece.cost * max(1, text.count(piece.text)) for piece in pieces if piece.cost)


def quoted(value: str | int | float | bool | None) -> str:
    """Return ``value`` as one SQL literal. Everything that comes from a query passes here."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"({int(value)})"
    if isinstance(value, float):
        return f"CAST('{float(value)!r}' AS DOUBLE)"
    return "'" + value.replace("'", "''") + "'"


def constant(value: str | int | float | bool | None) -> Piece:
    """Return the piece for a value written in the query."""
    if isinstance(value, bool):
        return Piece(quoted(value), types.BOOL, value)
    if isinstance(value, int):
        return Piece(f"CAST({quoted(value)} AS BIGINT)", types.INT8, value)
    if isinstance(value, float):
        return Piece(quoted(value), types.FLOAT8, value)
    if value is None:
        return Piece("NULL", types.NULL, None)
    return Piece(quoted(value), types.STR, value, longest=len(value))


def nonzero(expression: str) -> str:
    """Return SQL for a number, null for 0. DuckDB's nullif is a macro: it repeats the argument unseen."""
    return f"CASE WHEN {expression} <> 0 THEN {expression} END"


def moment(expression: str) -> str:
    """Return SQL for a timestamp: null beyond what JSON's numbers hold exactly, some 285 000 years."""
    return f"CASE WHEN {expression} BETWEEN -{MAX_MOMENT} AND {MAX_MOMENT} THEN {expression} END"


def braced(text: str) -> str:
    """Return SQL with its braces doubled, to stand in a template."""
    return text.replace("{", "{{").replace("}", "}}")
