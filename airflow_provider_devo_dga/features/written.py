"""Nodes as JSON values and back. What is read is checked, and never run."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, get_args, get_type_hints

from airflow_provider_devo_dga.errors import FeatureError
from airflow_provider_devo_dga.features import expression as e

_TEXTS: dict[str, e.Text] = {text.part: text for text in (e.Label(), e.Tld())}
_NODES: dict[str, type[Any]] = {node.__name__: node for node in get_args(e.Number)}
_FORMS: dict[str, dict[str, Any]] = {
    name: {field.name: get_type_hints(node)[field.name] for field in fields(node) if field.init}
    for name, node in _NODES.items()
}
"""The fields of each kind of node, and the type of each."""

_WORD = re.compile(r"[a-z0-9_-]{1,63}")
_MOST_PLACES = 63
_DEEPEST = 8


def written(node: e.Number) -> dict[str, Any]:
    """Return a node as JSON values: ``{"node": "CountChars", "text": "label", "chars": "aeiou"}``."""
    return {"node": type(node).__name__} | {
        name: _WRITERS[form](getattr(node, name)) for name, form in _FORMS[type(node).__name__].items()
    }


def read(value: object, depth: int = 0) -> e.Number:
    """Return the node that :func:`written` wrote.

    :raises FeatureError: for anything else.
    """
    if not isinstance(value, Mapping) or depth > _DEEPEST:
        raise _error(value, "a node")
    kind = _NODES.get(str(value.get("node")))
    if kind is None:
        raise FeatureError(
            f"There is no node {str(value.get('node'))[:40]!r}; this version knows {', '.join(_NODES)}"
        )
    wanted = _FORMS[kind.__name__]
    if set(value) != {"node", *wanted}:
        raise FeatureError(
            f"{kind.__name__} has the fields {', '.join(wanted)}, not {', '.join(map(str, value))}"
        )
    node: e.Number = kind(**{name: _READERS[form](value[name], depth) for name, form in wanted.items()})
    return node


_WRITERS: dict[Any, Callable[[Any], Any]] = {
    e.Text: lambda text: text.part,
    str: str,
    int: int,
    tuple[str, ...]: list,
    # a place holds no blank: one short string a shape keeps the file readable
    tuple[e.Shape, ...]: lambda shapes: [" ".join(shape) for shape in shapes],
    tuple[e.Term, ...]: lambda terms: [[weight, written(number)] for weight, number in terms],
    e.Number: written,
}


def _read_text(value: object, _: int) -> e.Text:
    if not isinstance(value, str) or value not in _TEXTS:
        raise _error(value, "label or tld")
    return _TEXTS[value]


def _read_word(value: object, _: int) -> str:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise _error(value, "1 to 63 letters, digits, '_' and '-'")
    return value


def _read_places(value: object, _: int) -> int:
    if type(value) is not int or not 1 <= value <= _MOST_PLACES:
        raise _error(value, f"a whole number from 1 to {_MOST_PLACES}")
    return value


def _read_shape(value: object, _: int) -> e.Shape:
    return tuple(_read_word(place, 0) for place in str(value).split(" "))


def _read_term(value: object, depth: int) -> e.Term:
    match value:
        case [float() | int() as weight, number] if math.isfinite(weight):
            return float(weight), read(number, depth + 1)
        case _:
            raise _error(value, "a weight and a node")


def _each(read_one: Callable[[object, int], Any]) -> Callable[[object, int], tuple[Any, ...]]:
    def read_all(value: object, depth: int) -> tuple[Any, ...]:
        if not isinstance(value, list) or not value:
            raise _error(value, "a list")
        return tuple(read_one(item, depth) for item in value)

    return read_all


_READERS: dict[Any, Callable[[Any, int], Any]] = {
    e.Text: _read_text,
    str: _read_word,
    int: _read_places,
    tuple[str, ...]: _each(_read_word),
    tuple[e.Shape, ...]: _each(_read_shape),
    tuple[e.Term, ...]: _each(_read_term),
    e.Number: lambda value, depth: read(value, depth + 1),
}


def _error(value: object, wanted: str) -> FeatureError:
    return FeatureError(f"A stored feature set has {str(value)[:60]!r} where {wanted} belongs")
