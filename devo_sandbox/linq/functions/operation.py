"""One operation of LINQ: its overloads, what is known about it, and how a call picks an overload."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from devo_sandbox import wire_errors
from devo_sandbox.linq import types
from devo_sandbox.linq.sql import STORED, Piece, cost_within
from devo_sandbox.linq.types import Type

Evidence = Literal["documented", "exemplified", "digest", "assumed"]
Accepts = Callable[[Piece], bool]
Parameter = Type | Accepts
Result = Type | Callable[[Sequence[Piece]], Type | None]
Template = str | Callable[[Sequence[Piece]], str]


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature.

    :param result: a type, or how it follows from the arguments (None: these do not fit).
    :param sql: SQL with ``{0}``, ``{1}`` … for the arguments, or what builds it.
    :param repeats: how many of the last parameters may come again, as a group.
    :param longest: of the result, see ``Piece``; None when no text is longer than the longest argument.
    """

    parameters: tuple[Parameter, ...]
    result: Result
    sql: Template
    repeats: int = 0
    longest: Callable[[Sequence[Piece]], int] | None = None

    def fit(self, arguments: Sequence[Piece]) -> Piece | None:
        """Return the piece for this call, None when the arguments do not fit."""
        parameters = self._stretched(len(arguments))
        if parameters is None or not all(map(_accepts, parameters, arguments)):
            return None
        given = [_widened(p, a) for p, a in zip(parameters, arguments, strict=True)]
        result = self.result if isinstance(self.result, Type) else self.result(given)
        if result is None:
            return None
        text = self.sql.format(*(a.text for a in given)) if isinstance(self.sql, str) else self.sql(given)
        longest = self._longest(given, result)
        made = longest if result == types.REGEXP else max(0, longest - STORED)
        return Piece(f"({text})", result, longest=longest, cost=cost_within(text, given) + made)

    def _longest(self, given: Sequence[Piece], result: Type) -> int:
        if self.longest is not None:
            return self.longest(given)
        holds_text = result in (types.STR, types.TEMPLATE) or result.element is not None
        return max((a.longest for a in given), default=0) if holds_text else 0

    def _stretched(self, count: int) -> tuple[Parameter, ...] | None:
        missing = count - len(self.parameters)
        if missing == 0:
            return self.parameters
        if not self.repeats or missing < 0 or missing % self.repeats:
            return None
        return self.parameters + self.parameters[-self.repeats :] * (missing // self.repeats)


@dataclass(frozen=True, slots=True)
class Operation:
    """A name and its overloads, first fit wins.

    :param evidence: ``documented`` by Devo on a page we read, ``exemplified`` in a query Devo published,
        named in a third party's ``digest`` of Devo's reference, or ``assumed`` by us.
    :param note: what the edge cases do and which of them are our guess.
    """

    name: str
    signature: str
    evidence: Evidence
    note: str
    overloads: tuple[Overload, ...]

    def call(self, arguments: Sequence[Piece]) -> Piece:
        """Return the piece for a call.

        :raises WireError: Devo's "No function named", when no overload takes these arguments.
        """
        for overload in self.overloads:
            if (piece := overload.fit(arguments)) is not None:
                return piece
        given = ", ".join(str(argument.type) for argument in arguments)
        refusal = wire_errors.unknown_operation(self.name, f"({given})")
        refusal.detail += f"; it takes {self.signature}"
        raise refusal


def cast(piece: Piece, wanted: Type) -> str:
    """Return the SQL of ``piece`` as ``wanted``, which it must widen to."""
    if piece.type == wanted or (piece.type != types.NULL and not types.is_number(wanted)):
        return piece.text
    return f"CAST({piece.text} AS {types.stored_as(wanted)})"


def _accepts(parameter: Parameter, piece: Piece) -> bool:
    if isinstance(parameter, Type):
        # A written pattern is no null.
        nullable = parameter not in (types.REGEXP, types.TEMPLATE, types.NET4)
        return piece.type == parameter or (nullable and types.widens(piece.type, parameter))
    return parameter(piece)


def _widened(parameter: Parameter, piece: Piece) -> Piece:
    if not isinstance(parameter, Type) or piece.type == parameter:
        return piece
    return replace(piece, text=cast(piece, parameter), type=parameter, members=())


def is_value(piece: Piece) -> bool:
    """Accept what may be a column: no pattern, network or tuple."""
    return piece.type in types.STORED_AS or piece.type in (types.DURATION, types.NULL) or is_array(piece)


def is_array(piece: Piece) -> bool:
    """Accept an array whose elements have one type."""
    return piece.type.name == "array"


def is_written(piece: Piece) -> bool:
    """Accept only what the query itself spells out."""
    return piece.is_written
