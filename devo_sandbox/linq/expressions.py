"""Turn one expression into a typed piece of SQL. Knows names, operations and models; nothing else exists."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from devo_sandbox import wire_errors
from devo_sandbox.linq import advice, sql, tree, types
from devo_sandbox.linq.functions.catalog import AGGREGATES, COMPILED, FUNCTIONS
from devo_sandbox.linq.functions.operation import cast, is_value
from devo_sandbox.linq.sql import Piece
from devo_sandbox.linq.types import Type

DAY_MS = 86_400_000
CLOCK: Mapping[str, Callable[[int], int]] = {
    "now": lambda now_ms: now_ms,
    "today": lambda now_ms: now_ms - now_ms % DAY_MS,
    "yesterday": lambda now_ms: now_ms - now_ms % DAY_MS - DAY_MS,
}


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of a model; ``levels`` are the words it knows, None for a number."""

    name: str
    levels: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Evaluator:
    """A model as ``mlevalmodel`` sees it when the query starts.

    :param width: the size of the one float4 array it takes, None when it takes ``features``.
    """

    image_id: int
    features: tuple[Feature, ...]
    result: Type
    width: int | None = None


class Models(Protocol):
    """Where ``mlevalmodel`` finds its models."""

    def evaluator(self, domain: str, name: str) -> Evaluator | None:
        """Return the model, None when the domain has none of that name."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may refer to.

    :param columns: pieces by name.
    :param aggregates: pieces of the group's aggregates, by ``spelled``.
    """

    columns: Mapping[str, Piece]
    aggregates: Mapping[str, Piece]
    models: Models
    now_ms: int

    def piece(self, node: tree.Expression) -> Piece:
        """Return the piece for an expression.

        :raises WireError: Devo's launch error for a name, operation, model or type it does not know.
        """
        match node:
            case tree.Constant(value):
                return sql.constant(value)
            case tree.Duration(milliseconds):
                return Piece(f"CAST({sql.quoted(milliseconds)} AS BIGINT)", types.DURATION)
            case tree.Address(number):
                return _address(number)
            case tree.Network(first, last):
                return _network(first, last)
            case tree.Name():
                return self._column(node)
            case tree.Items(kind, members):
                return _items(kind, [self.piece(member) for member in members])
            case tree.Call():
                try:
                    return self._call(node)
                except wire_errors.WireError as error:
                    raise advice.placed(error, node.place) from None
            case _:
                assert_never(node)

    def _column(self, node: tree.Name) -> Piece:
        if node.name not in self.columns:
            refusal = wire_errors.unknown_identifier(node.name)
            raise advice.placed(refusal, node.place, advice.near(node.name, self.columns))
        return self.columns[node.name]

    def _call(self, node: tree.Call) -> Piece:
        if node.operation in AGGREGATES and (known := self.aggregates.get(spelled(node))) is not None:
            return known
        if node.operation in CLOCK and not node.arguments:
            return Piece(f"CAST({sql.quoted(CLOCK[node.operation](self.now_ms))} AS BIGINT)", types.TIMESTAMP)
        if node.operation == "mlevalmodel":
            return self._evaluated(node)
        if node.operation not in FUNCTIONS:
            raise _unknown(node.operation)
        arguments = [self.piece(argument) for argument in node.arguments]
        if node.operation == "at" and (member := _written_member(arguments)) is not None:
            return member
        return FUNCTIONS[node.operation].call(arguments)

    def _evaluated(self, node: tree.Call) -> Piece:
        arguments = [self.piece(argument) for argument in node.arguments]
        domain, name = (arguments[n].written if len(arguments) > n else None for n in (0, 1))
        if not (isinstance(domain, str) and isinstance(name, str)):
            kinds = ", ".join(str(argument.type) for argument in arguments)
            raise wire_errors.unknown_operation("mlevalmodel", f"({kinds})")
        evaluator = self.models.evaluator(domain, name)
        if evaluator is None:
            raise wire_errors.unknown_model(name)
        if evaluator.width is not None:
            return _array_evaluation(name, evaluator, arguments[2:])
        return _evaluation(name, evaluator, arguments[2:])


def _unknown(name: str) -> wire_errors.WireError:
    known = {**FUNCTIONS, **AGGREGATES, **COMPILED}
    said = "an aggregation stands in a select or where after group" if name in AGGREGATES else ""
    return advice.placed(wire_errors.unknown_operation(name), None, said or advice.near(name, known))


def spelled(node: tree.Call) -> str:
    """Return a text that is equal for equal calls; nodes themselves hold 1, 1.0 and true for equal."""
    return repr(node)


def aggregates_in(node: tree.Expression) -> Iterator[tree.Call]:
    """Yield the calls of aggregates within an expression, outermost only."""
    match node:
        case tree.Call(operation, _) if operation in AGGREGATES:
            yield node
        case tree.Call(_, parts) | tree.Items(_, parts):
            for part in parts:
                yield from aggregates_in(part)
        case _:
            return


def _network(first: int, last: int) -> Piece:
    text = str(
        next(ipaddress.summarize_address_range(ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)))
    )
    return Piece(sql.quoted(text), types.NET4, members=(_address(first), _address(last)))


def _address(number: int) -> Piece:
    return Piece(f"CAST({sql.quoted(number)} AS UINTEGER)", types.IP4)


def _items(kind: str, members: Sequence[Piece]) -> Piece:
    common = types.common(member.type for member in members)
    if kind != "array" or common in (None, types.NULL) or not all(map(is_value, members)):
        # Only ``in`` and ``at`` take these, member by member.
        cost = sum(member.cost for member in members)
        return Piece("NULL", Type("tuple"), members=tuple(members), cost=cost)
    assert common is not None  # noqa: S101 - excluded above
    text = ", ".join(cast(member, common) for member in members)
    return Piece(
        f"[{text}]",
        types.array_of(common),
        members=tuple(members),
        longest=sum(member.longest for member in members),
        cost=sql.cost_within(text, members),
    )


def _written_member(arguments: Sequence[Piece]) -> Piece | None:
    """Return the member that ``at`` picks from a tuple written out, whose members may differ in type."""
    if len(arguments) != 2 or arguments[0].type != Type("tuple"):
        return None
    at, members = arguments[1].written, arguments[0].members
    if not isinstance(at, int) or isinstance(at, bool):
        return None
    return members[at] if 0 <= at < len(members) else sql.constant(None)


def _evaluation(name: str, evaluator: Evaluator, arguments: Sequence[Piece]) -> Piece:
    wanted = evaluator.features
    if len(arguments) != len(wanted):
        raise wire_errors.unknown_model(name, f"{name} takes {len(wanted)} features, not {len(arguments)}")
    inputs = [_input(name, feature, piece) for feature, piece in zip(wanted, arguments, strict=True)]
    function = "linq_model_number" if evaluator.result == types.FLOAT8 else "linq_model_label"
    text = f"{function}({int(evaluator.image_id)}, [{', '.join(inputs)}])"
    return Piece(text, evaluator.result, longest=sql.STORED, cost=sql.cost_within(text, arguments))


def _array_evaluation(name: str, evaluator: Evaluator, arguments: Sequence[Piece]) -> Piece:
    given = arguments[0] if len(arguments) == 1 else None
    wrong_size = given is not None and given.members and len(given.members) != evaluator.width
    if given is None or given.type != types.array_of(types.FLOAT4) or wrong_size:
        kinds = ", ".join(str(argument.type) for argument in arguments)
        raise wire_errors.unknown_model(name, f"{name} takes {evaluator.width} float4, not ({kinds})")
    text = f"linq_model_array({int(evaluator.image_id)}, {given.text})"
    return Piece(text, evaluator.result, cost=given.cost)


def _input(name: str, feature: Feature, piece: Piece) -> str:
    if feature.levels is None and types.widens(piece.type, types.FLOAT8):
        return cast(piece, types.FLOAT8)
    if feature.levels is not None and types.widens(piece.type, types.STR):
        levels = ", ".join(sql.quoted(level) for level in feature.levels)
        text = cast(piece, types.STR)
        # A word the model never saw is a missing value to it, unlike null.
        position = f"coalesce(list_position([{levels}], {text}) - 1, 'nan')"
        return f"CASE WHEN {text} IS NOT NULL THEN CAST({position} AS DOUBLE) END"
    raise wire_errors.unknown_model(name, f"{name}: {feature.name} cannot be {piece.type}")
