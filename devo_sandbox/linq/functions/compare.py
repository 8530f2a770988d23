"""Comparison and membership: what is compared as what, and when the answer is null."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from devo_sandbox.linq import types
from devo_sandbox.linq.functions.operation import is_array
from devo_sandbox.linq.functions.spellings import CANONICAL
from devo_sandbox.linq.sql import FLOAT_OF_TEXT, Piece, quoted
from devo_sandbox.linq.types import Type

NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?")
INTEGER = re.compile("[+-]?[0-9]+")
REFLEXIVE = ("=", "<=", ">=")
NEVER = "CAST(NULL AS BOOLEAN)"
COUNTABLE = (*types.WIDENING, types.BIGINT, types.TIMESTAMP, types.DURATION)
WHOLE = (types.INT4, types.INT8, types.BIGINT, types.TIMESTAMP)


def comparing(operator: str) -> Callable[[Sequence[Piece]], str]:
    """Return the builder of SQL for ``operator``, which is SQL's own spelling."""

    def build(arguments: Sequence[Piece]) -> str:
        return _compare(operator, *arguments)

    return build


def comparable(arguments: Sequence[Piece]) -> Type | None:
    """Return bool when the two may be compared."""
    left, right = arguments
    return types.BOOL if _aligned(left, right) is not None else None


def in_order(arguments: Sequence[Piece]) -> Type | None:
    """Return bool when one of the two may be called the lesser."""
    return None if any(a.type in types.SPELLED for a in arguments) else comparable(arguments)


def contained(arguments: Sequence[Piece]) -> Type | None:
    """Return bool when the first may be a member of the second."""
    value, container = arguments
    if container.type == types.NET4:
        return types.BOOL if value.type == types.IP4 else None
    if container.members:
        fits = all(_aligned(value, member) is not None for member in container.members)
        return types.BOOL if fits else None
    if is_array(container) and container.type.element is not None:
        same = types.common((value.type, container.type.element)) is not None
        return types.BOOL if same else None
    return None


def containing(arguments: Sequence[Piece]) -> str:
    """Return the SQL of ``value in container``."""
    value, container = arguments
    if container.type == types.NET4:
        if container.members:
            first, last = container.members
            return f"{value.text} BETWEEN {first.text} AND {last.text}"
        return _in_network(value.text, container.text)
    if container.members:
        return " OR ".join(f"({_compare('=', value, member)})" for member in container.members)
    return f"list_contains({container.text}, {value.text})"


def _in_network(address: str, network: str) -> str:
    """Compare as many leading bits as the network, a text, says."""
    parts = f"string_split(split_part({network}, '/', 1), '.')"
    weights = enumerate((1 << 24, 1 << 16, 1 << 8, 1), start=1)
    start = " + ".join(f"CAST({parts}[{place}] AS BIGINT) * {weight}" for place, weight in weights)
    spare = f"(32 - CAST(split_part({network}, '/', 2) AS INTEGER))"
    return f"(CAST({address} AS BIGINT) >> {spare}) = (({start}) >> {spare})"


def _compare(operator: str, left: Piece, right: Piece) -> str:
    aligned = _aligned(left, right)
    if aligned is None:
        raise TypeError("these do not compare")
    a, b = aligned
    if "NULL" in (a, b):
        return NEVER
    if a == b:
        # A thousand of these, left to DuckDB, would take gigabytes.
        return f"CASE WHEN {a} IS NOT NULL THEN {quoted(operator in REFLEXIVE)} END"
    return f"{a} {operator} {b}"


def _aligned(left: Piece, right: Piece) -> tuple[str, str] | None:
    """Return both sides as SQL of one kind, ``NULL`` for a literal that cannot become the other's type."""
    if left.type == right.type or (left.type in COUNTABLE and right.type in COUNTABLE):
        return left.text, right.text
    if types.NULL in (left.type, right.type):
        return "NULL", "NULL"
    if isinstance(right.written, str) and left.type in types.STORED_AS:
        return left.text, _converted(right.written, left.type)
    if isinstance(left.written, str) and right.type in types.STORED_AS:
        return _converted(left.written, right.type), right.text
    if left.type == types.STR and types.is_number(right.type):
        return FLOAT_OF_TEXT.format(left.text), right.text
    if right.type == types.STR and types.is_number(left.type):
        return left.text, FLOAT_OF_TEXT.format(right.text)
    return None


def _converted(text: str, wanted: Type) -> str:
    try:
        return _literal(text, wanted)
    except ValueError:
        return "NULL"


def _literal(text: str, wanted: Type) -> str:
    if spelled := CANONICAL.get(wanted):
        return quoted(spelled(text))
    if wanted == types.BOOL:
        return {"true": "true", "false": "false"}.get(text, "NULL")
    if wanted == types.IP4:
        return quoted(int(ipaddress.IPv4Address(text)))
    if wanted == types.TIMESTAMP and not text.lstrip("-").isdigit():
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return quoted(round(aware.timestamp() * 1000))
    if wanted in WHOLE and INTEGER.fullmatch(text):
        return f"CAST({quoted(text)} AS HUGEINT)" if len(text) < 39 else "NULL"
    if not NUMBER.fullmatch(text):
        raise ValueError("no number")
    return quoted(float(text))
