"""Text to query: runs the grammar and builds the nodes of ``tree``."""

from __future__ import annotations

import ipaddress
from functools import cache
from pathlib import Path
from typing import Any

import lark

from devo_sandbox import wire_errors
from devo_sandbox.linq import advice, limits, tree

LARGEST_INT8 = 2**63 - 1
ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
# Operations that LINQ lets one call by name only between backticks, for their names are reserved.
QUOTED_OPERATIONS = frozenset({"in"})
OPERATOR_NAMES = {"->": "has", "->>": "weakhas", "~": "matches", "!=": "/=", "<-": "in", "\\": "rdiv"}


def parse(text: str) -> tree.Query:
    """Return the query that ``text`` spells.

    :raises WireError: Devo's parsing error; its ``detail`` holds the line and column for our log.
    """
    limits.check_text(text)
    try:
        parsed = _parser().parse(text)
        query = _Builder(text).transform(parsed)
    except lark.exceptions.VisitError as error:
        refusal = error.orig_exc
        if not isinstance(refusal, wire_errors.WireError):
            refusal = wire_errors.parsing_error(str(refusal))
        raise advice.placed(refusal, _place(error.obj)) from error
    except lark.exceptions.UnexpectedInput as error:
        raise wire_errors.parsing_error(advice.unexpected(error, text)) from error
    assert isinstance(query, tree.Query)  # noqa: S101 - tells mypy what the start rule builds
    limits.check_size(query)
    return query


@cache
def _parser() -> lark.Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return lark.Lark(grammar, start="query", parser="lalr", propagate_positions=True, maybe_placeholders=True)


def _place(obj: Any) -> tree.Place | None:
    """Return where a node or token of the grammar stands."""
    at = obj.meta if isinstance(obj, lark.Tree) else obj
    line, column = getattr(at, "line", None), getattr(at, "column", None)
    return (line, column) if line is not None and column is not None else None


def _unquote(token: str) -> str:
    inner = token[1:-1]
    if token[0] == "'":
        return inner
    pieces = inner.split("\\\\")
    for escaped, meant in ESCAPES.items():
        if escaped != "\\":
            pieces = [piece.replace(f"\\{escaped}", meant) for piece in pieces]
    return "\\".join(pieces)


def _duration_ms(token: str) -> int:
    return _int(token[:-1]) * UNITS_MS[token[-1]]


def _int(token: str) -> int:
    number = int(token) if len(token) < 20 else LARGEST_INT8 + 1
    if number > LARGEST_INT8:
        raise ValueError(f"the integer {token[:30]} does not fit in 64 bits")
    return number


def _chain(operator: str, parts: tuple[tree.Expression, ...]) -> tree.Expression:
    """Fold ``a or b or c`` to a tree of little depth, dropping the chain when there is one part."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return tree.Call(operator, (_chain(operator, parts[:middle]), _chain(operator, parts[middle:])))


@lark.v_args(inline=True)
class _Builder(lark.visitors.Transformer_NonRecursive):  # type: ignore[type-arg]
    """One method a grammar rule; non-recursive so that deep nesting cannot exhaust the stack here."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    # Expressions

    def string(self, token: str) -> tree.Constant:
        return tree.Constant(_unquote(token))

    def integer(self, token: str) -> tree.Constant:
        return tree.Constant(_int(token))

    def real(self, token: str) -> tree.Constant:
        return tree.Constant(float(token))

    def true(self) -> tree.Constant:
        return tree.Constant(True)

    def false(self) -> tree.Constant:
        return tree.Constant(False)

    def null(self) -> tree.Constant:
        return tree.Constant(None)

    def duration(self, token: str) -> tree.Duration:
        return tree.Duration(_duration_ms(token))

    def address(self, token: str) -> tree.Address:
        return tree.Address(int(ipaddress.IPv4Address(str(token))))

    def network(self, token: str) -> tree.Network:
        network = ipaddress.IPv4Network(str(token), strict=False)
        return tree.Network(int(network.network_address), int(network.broadcast_address))

    def ident(self, token: str) -> str:
        return str(token).strip("`")

    @lark.v_args(meta=True, inline=True)
    def name(self, meta: Any, ident: str) -> tree.Name:
        return tree.Name(ident, _place(meta))

    def arguments(self, *members: tree.Expression) -> tuple[tree.Expression, ...]:
        return members

    @lark.v_args(meta=True, inline=True)
    def call(self, meta: Any, name: str, arguments: tuple[tree.Expression, ...] | None) -> tree.Call:
        return tree.Call(str(name), arguments or (), _place(meta))

    def quoted_call(self, token: str, arguments: tuple[tree.Expression, ...] | None) -> tree.Call:
        name = token.strip("`")
        if name not in QUOTED_OPERATIONS:
            raise wire_errors.unknown_operation(name)
        return tree.Call(name, arguments or ())

    def parenthesised(self, expression: tree.Expression) -> tree.Expression:
        return expression

    def tuple_of(self, *members: tree.Expression) -> tree.Items:
        return tree.Items("tuple", members)

    def array(self, members: Any) -> tree.Items:
        return tree.Items("array", members or ())

    def set_of(self, members: Any) -> tree.Items:
        return tree.Items("set", members)

    def index(self, value: tree.Expression, at: tree.Expression) -> tree.Call:
        return tree.Call("at", (value, at))

    def minus(self, _sign: str, value: tree.Expression) -> tree.Expression:
        if isinstance(value, tree.Constant) and type(value.value) in (int, float):
            return tree.Constant(-value.value)  # type: ignore[operator]
        return tree.Call("negative", (value,))

    def binary(self, left: tree.Expression, operator: lark.Token, right: tree.Expression) -> tree.Call:
        return tree.Call(OPERATOR_NAMES.get(str(operator), str(operator)), (left, right), _place(operator))

    def member(self, value: tree.Expression, container: tree.Expression) -> tree.Call:
        return tree.Call("in", (value, container))

    def not_member(self, value: tree.Expression, container: tree.Expression) -> tree.Call:
        return tree.Call("not", (tree.Call("in", (value, container)),))

    def compared(self, first: tree.Expression, *rest: Any) -> tree.Expression:
        pairs = []
        for operator, right in zip(rest[::2], rest[1::2], strict=True):
            name = OPERATOR_NAMES.get(str(operator), str(operator))
            pairs.append(tree.Call(name, (first, right), _place(operator)))
            first = right
        if any(name in {"in", "has", "weakhas", "matches"} for name in (p.operation for p in pairs[1:])):
            raise ValueError("only comparisons chain")
        if len(pairs) > limits.MAX_CHAIN:
            raise ValueError(f"more than {limits.MAX_CHAIN} comparisons in one chain")
        return _chain("and", tuple(pairs))

    def negated(self, value: tree.Expression) -> tree.Call:
        return tree.Call("not", (value,))

    def both(self, *parts: tree.Expression) -> tree.Expression:
        return _chain("and", parts)

    def either(self, *parts: tree.Expression) -> tree.Expression:
        return _chain("or", parts)

    def coalesced(self, value: tree.Expression, default: tree.Expression) -> tree.Call:
        return tree.Call("nvl", (value, default))

    # Clauses

    def where(self, *conditions: tree.Expression) -> tree.Where:
        return tree.Where(conditions)

    @lark.v_args(meta=True, inline=True)
    def item(self, meta: Any, expression: tree.Expression, alias: str | None) -> tree.Item:
        return tree.Item(expression, alias, self.text[meta.start_pos : meta.end_pos])

    @lark.v_args(meta=True, inline=True)
    def key(self, meta: Any, expression: tree.Expression) -> tree.Item:
        return tree.Item(expression, None, self.text[meta.start_pos : meta.end_pos])

    def all_columns(self) -> None:
        return None

    def select(self, *items: tree.Item | None) -> tree.Select:
        return tree.Select(tuple(item for item in items if item is not None))

    def every(self, token: str) -> int:
        if token == "-":  # noqa: S105 - a grammar token
            return 0
        if token.isdigit() and int(token) != 0:
            raise ValueError("a period needs a unit")
        return 0 if token.isdigit() else _duration_ms(token)

    def group(self, *parts: Any) -> tree.Group:
        # With a period on both sides of the keys, the last one shapes the answer.
        periods = [part for part in parts if isinstance(part, int)]
        keys = tuple(part for part in parts if isinstance(part, tree.Item))
        return tree.Group(keys, (periods[-1] or None) if periods else None)

    def limit(self, token: str) -> tree.Limit:
        return tree.Limit(_int(token))

    def table(self, *parts: str) -> str:
        return ".".join(parts)

    def pragma(self, *parts: str) -> tuple[str, str]:
        return ".".join(parts[:-1]), _unquote(parts[-1])

    def query(self, table: str, *rest: Any) -> tree.Query:
        clauses = tuple(part for part in rest if not isinstance(part, tuple))
        return tree.Query(table, clauses, tuple(part for part in rest if isinstance(part, tuple)))
