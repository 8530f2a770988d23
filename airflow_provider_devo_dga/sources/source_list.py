"""A list of sources as text, YAML or JSON: read whole or refused with every fault's line and field."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from airflow_provider_devo_dga.errors import SourceError, SourcesError
from airflow_provider_devo_dga.sources.source import Source

if TYPE_CHECKING:
    from yaml import Node

_SOURCES, _DEFAULTS = "sources", "defaults"
_FIELDS = tuple(each.name for each in fields(Source))
_NEEDED = tuple(each.name for each in fields(Source) if each.default is MISSING)
_NULL = "tag:yaml.org,2002:null"
_INT = "tag:yaml.org,2002:int"
_TOLD = 10
_LONGEST = 16 * 2**20
_OCTAL = re.compile(r"[-+]?0[0-9_]+")


def read_sources(text: str | bytes, place: str) -> tuple[Source, ...]:
    """Return the sources of a list, in its order.

    The text is a list of mappings with the fields of :class:`Source`, or a mapping with ``sources``, that
    list, and ``defaults``, the fields that all of them have unless they say otherwise.

    :param place: where it lies, for errors.
    :raises SourcesError: it is no such list, two sources have one name or are one table, or a field is
        unknown, missing or cannot work. Every fault is told with its line, and no source is returned.
    """
    root = _parsed(text, place)
    listed, defaults = _parts(root, place)
    found: list[Source] = []
    faults: list[str] = []
    for number, node in enumerate(listed.value):
        try:
            found.append(_source(node, defaults))
        except _Fault as fault:
            faults.append(f"{place}:{fault.line}: {_SOURCES}[{number}]{fault}")
    faults += _twice(found, listed.value, place) if not faults else []
    if not listed.value:
        faults = [f"{place}:{_line(listed)}: there is no source in it"]
    if faults:
        more = f"\n… and {len(faults) - _TOLD} more" if len(faults) > _TOLD else ""
        raise SourcesError("The list of sources cannot be used:\n" + "\n".join(faults[:_TOLD]) + more)
    return tuple(found)


class _Fault(Exception):  # noqa: N818 - told to the one who reads the list, never raised to a caller
    """What is wrong at a node, behind the path to the source.

    :param field: of the source; empty when the source itself is wrong.
    """

    def __init__(self, node: Node, field: str, told: str) -> None:
        super().__init__(f".{field}: {told}" if field else f": {told}")
        self.line = _line(node)


def _parsed(text: str | bytes, place: str) -> Node:
    """Return the document's tree. JSON is YAML, too; the tree knows lines, and no value is made of it yet."""
    import yaml

    if len(text) > _LONGEST:
        raise SourcesError(f"{place} is longer than {_LONGEST >> 20} MiB, which no list of sources is")
    try:
        if _aliases(text):
            raise SourcesError(f"{place} uses YAML's aliases (&, *), which are not read: write `defaults`")
        root = yaml.compose(text, Loader=_loader())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f":{mark.line + 1}"
        told = getattr(error, "problem", None) or "it cannot be read"
        raise SourcesError(f"{place}{line} is neither YAML nor JSON: {told}") from None
    except (UnicodeDecodeError, RecursionError, ValueError):
        raise SourcesError(f"{place} is neither YAML nor JSON") from None
    if root is None:
        raise SourcesError(f"{place} is empty, where a list of sources is wanted")
    return root


def _aliases(text: str | bytes) -> bool:
    """Tell of aliases: nested ones make gigabytes of a few lines."""
    import yaml

    return any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=_loader()))


def _loader() -> Any:
    import yaml

    # the one in C is ten times as fast; not every build has it
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _parts(root: Node, place: str) -> tuple[Any, Mapping[str, Node]]:
    """Return the list's node, and the defaults."""
    if root.id == "mapping":
        names = [str(key.value) for key, _ in root.value]
        if again := [name for name in names if names.count(name) > 1]:
            raise SourcesError(f"{place}:{_line(root)}: {again[0][:60]!r} is there twice")
    parts = {str(key.value): node for key, node in root.value} if root.id == "mapping" else {_SOURCES: root}
    if unknown := [key for key in parts if key not in {_SOURCES, _DEFAULTS}]:
        raise SourcesError(
            f"{place}:{_line(root)}: {unknown[0]!r} is not known; a list has {_SOURCES!r} and {_DEFAULTS!r}"
        )
    listed = parts.get(_SOURCES, root)
    if listed.id != "sequence":
        raise SourcesError(f"{place}:{_line(listed)}: there is no list of sources")
    defaults = parts.get(_DEFAULTS)
    if defaults is None or defaults.tag == _NULL:
        return listed, {}
    try:
        return listed, _values(defaults)
    except _Fault as fault:
        raise SourcesError(f"{place}:{fault.line}: {_DEFAULTS}{fault}") from None


def _source(node: Node, defaults: Mapping[str, Node]) -> Source:
    """Return the source of a node.

    :raises _Fault: with the line of the field that is wrong.
    """
    import msgspec

    nodes = {**defaults, **_values(node)}
    for each in _NEEDED:
        if each not in nodes:
            raise _Fault(node, each, "is missing")
    values = {name: _built(name, value) for name, value in nodes.items()}
    for name, value in values.items():
        try:
            values[name] = msgspec.convert(value, _types()[name], strict=True)
        except msgspec.ValidationError as error:
            raise _Fault(nodes[name], name, str(error).partition(" - at")[0]) from None
    try:
        return Source(**values)
    except SourceError as error:
        raise _Fault(nodes.get(error.field, node), error.field, error.told) from None


def _values(node: Node) -> dict[str, Node]:
    """Return the fields of a mapping, each known and once."""
    if node.id != "mapping":
        raise _Fault(node, "", f"a source is a mapping, with {', '.join(_NEEDED)}")
    found: dict[str, Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if name not in _FIELDS:
            near = difflib.get_close_matches(name, _FIELDS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise _Fault(key, name[:60], f"is no field of a source{hint}")
        if name in found:
            raise _Fault(key, name, "is there twice")
        found[name] = value
    return found


def _built(name: str, node: Node) -> Any:
    import yaml

    for scalar in node.value if node.id == "sequence" else (node,):
        if scalar.tag == _INT and _OCTAL.fullmatch(scalar.value):
            raise _Fault(scalar, name, f"{scalar.value} is octal in YAML: quote it, or leave the 0 out")
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        # what looks like a date, say, and is none
        raise _Fault(node, name, "cannot be read as a value; quote it if it is text") from None
    finally:
        loader.dispose()


@functools.cache
def _types() -> Mapping[str, Any]:
    from typing import get_type_hints

    return get_type_hints(Source)


def _twice(found: Sequence[Source], nodes: Sequence[Node], place: str) -> Iterator[str]:
    """Yield the sources that are there twice, by name or as the same columns of the same table."""
    for what, told in (("name", "the name"), ("key", "the table and columns")):
        first: dict[tuple[str, str], int] = {}
        for number, (source, node) in enumerate(zip(found, nodes, strict=True)):
            value = (getattr(source, what), source.reports if what == "key" else "")
            if value in first:
                yield (
                    f"{place}:{_line(node)}: {_SOURCES}[{number}] {source.name!r} has {told} of"
                    f" {_SOURCES}[{first[value]}], on line {_line(nodes[first[value]])}"
                )
            first.setdefault(value, number)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
