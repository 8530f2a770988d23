"""Comparison and membership: what is compared as what, and when the answer is null."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from airflow_provider_devo_dga.sandbox import types
from airflow_provider_devo_dga.sandbox.operation import is_array
from airflow_provider_devo_dga.sandbox.sql import Piece, quoted
from airflow_provider_devo_dga.sandbox.types import Type

NEVER = "CAST(NULL AS BOOLEAN)"
COUNTABLE = (*types.WIDENING, types.TIMESTAMP, types.DURATION)


def comparing(operator: str) -> Callable[[Sequence[Piece]], str]:
    """Return the builder of SQL for ``operator``, which is SQL's own spelling."""

    def build(arguments: Sequence[Piece]) -> str:
        return _compare(operator, *arguments)

    return build


def comparable(arguments: Sequence[Piece]) -> Type | None:
    """Return bool when the two may be compared."""
    left, right = arguments
    return types.BOOL if _aligned(left, right) is not None else None


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
        first, last = container.members
        return f"{value.text} BETWEEN {first.text} AND {last.text}"
    if container.members:
        return " OR ".join(f"({_compare('=', value, member)})" for member in container.members)
    return f"list_contains({container.text}, {value.text})"


def _compare(operator: str, left: Piece, right: Piece) -> str:
    aligned = _aligned(left, right)
    if aligned is None:
        raise TypeError("these do not compare")
    a, b = aligned
    return NEVER if "NULL" in (a, b) else f"{a} {operator} {b}"


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
        return _as_number(left, right), right.text
    if right.type == types.STR and types.is_number(left.type):
        return left.text, _as_number(right, left)
    return None


def _as_number(text: Piece, number: Piece) -> str:
    del number
    return f"TRY_CAST({text.text} AS DOUBLE)"


def _converted(text: str, wanted: Type) -> str:
    try:
        return _literal(text, wanted)
    except ValueError:
        return "NULL"


def _literal(text: str, wanted: Type) -> str:
    if wanted == types.BOOL:
        return {"true": "true", "false": "false"}.get(text, "NULL")
    if wanted == types.IP4:
        return quoted(int(ipaddress.IPv4Address(text)))
    if wanted == types.TIMESTAMP and not text.lstrip("-").isdigit():
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return quoted(round(aware.timestamp() * 1000))
    return quoted(float(text))
