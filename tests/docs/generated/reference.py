"""What a page of the reference tells of a class or a function, and the index of all pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from tests.docs.generated.catalog import CATALOG, Entry, entries, entry_named
from tests.docs.generated.docstring import Docstring, docstring
from tests.docs.generated.in_airflow import in_airflow
from tests.docs.generated.markdown import fenced, from_rest, table
from tests.docs.generated.place import PACKAGE
from tests.docs.generated.source import (
    Signature,
    arguments,
    assigned,
    class_named,
    connection_names,
    function_named,
    methods,
    module,
    private_constants,
    signature,
)

# Airflow calls these; users do not.
_AIRFLOWS = {"execute", "poke", "execute_complete", "serialize"}
_EDGE = ("operators.", "sensors.")


def purpose(name: str) -> str:
    """Return how it is imported and what it is for."""
    entry = entry_named(name)
    imported = fenced("python", f"from {entry.imported} import {name}")
    return "\n\n".join([imported, *(_linked(part, name) for part in docstring(_node(entry)).prose)])


def facts(name: str) -> str:
    """Return parameters, what comes back, errors, methods, and what Airflow shows of it."""
    entry = entry_named(name)
    node = _node(entry)
    told = docstring(node)
    takes = list(arguments(node.args)) if isinstance(node, ast.FunctionDef) else signature(node)
    parts = [
        ("Parameters", _parameters(takes, told, node)),
        ("Returns", told.returns[:1].upper() + told.returns[1:]),
    ]
    if isinstance(node, ast.ClassDef):
        parts += [("Attributes and methods", _methods(node, entry)), ("In Airflow", in_airflow(node))]
    parts.append(("Errors", _errors(node, told, entry)))
    return "\n\n".join(f"## {title}\n\n{_linked(text, name)}" for title, text in parts if text)


def index() -> str:
    """Return a table a group: each page, and the first sentence of its docstring."""
    return "\n\n".join(
        f"## {group}\n\n"
        + table(
            ("name", "what it is for"),
            ((f"[`{entry.name}`]({entry.page})", docstring(_node(entry)).prose[0]) for entry in members),
        )
        for group, members in CATALOG.items()
    )


def _node(entry: Entry) -> ast.ClassDef | ast.FunctionDef:
    if entry.name[0].isupper():
        return class_named(entry.path, entry.name)
    return function_named(entry.path, entry.name)


def _linked(text: str, own: str) -> str:
    """Return text with the names that have a page as links; code in blocks is left alone."""
    for entry in entries():
        if entry.name != own:
            text = re.sub(rf"(?<!\[)`{entry.name}`(?!\])", f"[`{entry.name}`]({entry.page})", text)
    return text


def _parameters(takes: Signature, told: Docstring, node: ast.ClassDef | ast.FunctionDef) -> str:
    if not takes:
        return ""
    templated = assigned(node, "template_fields") if isinstance(node, ast.ClassDef) else None
    head: tuple[str, ...] = ("parameter", "type", "default", "meaning")
    rows = [
        (
            f"`{name}`",
            f"`{kind.replace(' | ', ' or ')}`",
            _default(default, node.name),
            told.params.get(name, ""),
        )
        for name, kind, default in takes
    ]
    if templated is not None:
        names = ast.literal_eval(templated)
        head = (*head[:3], "templated", head[3])
        rows = [
            (*row[:3], "yes" if row[0].strip("`") in names else "no", row[3].removesuffix(" (templated)"))
            for row in rows
        ]
    return table(head, rows)


def _default(text: str | None, owner: str) -> str:
    if text is None:
        return "required"
    if text.endswith("default_conn_name"):
        text = connection_names()[text.partition(".")[0] if "." in text else owner]
    if text.startswith("conf.getboolean("):
        section, option = re.findall(r"'(\w+)'", text)
        return f"Airflow's `[{section}] {option}`"
    return f"`{text}`"


def _methods(node: ast.ClassDef, entry: Entry) -> str:
    constants = private_constants(entry.path)
    lines = []
    for method in methods(node):
        if method.name in _AIRFLOWS or method.name.startswith("get_openlineage"):
            continue
        said = from_rest((ast.get_docstring(method) or "").split("\n\n")[0])
        if any("property" in ast.unparse(decorator) for decorator in method.decorator_list):
            lines.append(f"- `{method.name}`: {said}")
        else:
            lines.append(f"- `{method.name}({', '.join(_shown(method.args, constants))})`: {said}")
    return "\n".join(lines)


def _shown(of: ast.arguments, constants: Mapping[str, str]) -> Iterator[str]:
    keyword_only = {argument.arg for argument in of.kwonlyargs}
    marked = False
    for name, _, default in arguments(of):
        if name in {"self", "cls"}:
            continue
        if name in keyword_only and not marked:
            marked = True
            yield "*"
        yield name if default is None else f"{name}={constants.get(default, default)}"


def _errors(node: ast.ClassDef | ast.FunctionDef, told: Docstring, entry: Entry) -> str:
    """Return what its docstring and those of its methods tell of errors, each error and reason once."""
    found = dict.fromkeys(told.raises)
    if isinstance(node, ast.ClassDef):
        found |= dict.fromkeys(one for method in methods(node) for one in docstring(method).raises)
    known = {n.name for n in module(f"{PACKAGE}/errors.py").body if isinstance(n, ast.ClassDef)}
    rows = [
        (f"[`{error}`](../guarantees.md#errors)" if error in known else f"`{error}`", when)
        for error, when in found
    ]
    parts = [table(("error", "when"), rows)] if rows else []
    if entry.module.startswith(_EDGE):
        parts.append(
            "Errors of what it calls pass through unchanged, with the types of the"
            " [tree of errors](../guarantees.md#errors); `DEVO_RETRY_POLICY` decides by them"
            " [what is tried again](../reading-devo.md#what-is-retried-and-by-whom)."
        )
    return "\n\n".join(parts)
