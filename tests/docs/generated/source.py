"""Modules, classes and signatures as their source has them, read with ``ast``: no Airflow is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from tests.docs.generated.place import PACKAGE, ROOT

Signature = list[tuple[str, str, str | None]]
"""Name, type and default of each parameter; None for a default says that there is none."""


@cache
def module(path: str) -> ast.Module:
    """Return a module of the repository."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def class_named(path: str, name: str) -> ast.ClassDef:
    """Return a class of a module."""
    return next(node for node in module(path).body if isinstance(node, ast.ClassDef) and node.name == name)


def function_named(path: str, name: str) -> ast.FunctionDef:
    """Return a function of a module."""
    return next(node for node in module(path).body if isinstance(node, ast.FunctionDef) and node.name == name)


def signature(node: ast.ClassDef) -> Signature:
    """Return what a class is built from."""
    if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
        return fields(node)
    made = [n for n in methods(node, private=True) if n.name == "__init__"]
    return [entry for method in made for entry in arguments(method.args) if entry[0] != "self"]


def methods(node: ast.ClassDef, *, private: bool = False) -> list[ast.FunctionDef]:
    """Return the methods of a class, in order."""
    found = (n for n in node.body if isinstance(n, ast.FunctionDef))
    return [n for n in found if private or not n.name.startswith("_")]


def assigned(node: ast.ClassDef, name: str) -> ast.expr | None:
    """Return what a class gives to one of its attributes."""
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return value
            case ast.AnnAssign(target=ast.Name(id=target), value=value) if target == name:
                return value
    return None


def arguments(of: ast.arguments) -> Iterator[tuple[str, str, str | None]]:
    plain = [*of.posonlyargs, *of.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(of.defaults))
    pairs = [*zip(plain, [*missing, *of.defaults], strict=True)]
    pairs += zip(of.kwonlyargs, of.kw_defaults, strict=True)
    for argument, default in pairs:
        kind = ast.unparse(argument.annotation) if argument.annotation else ""
        yield argument.arg, kind, ast.unparse(default) if default is not None else None


def fields(node: ast.ClassDef) -> Signature:
    return [
        (
            ast.unparse(field.target),
            ast.unparse(field.annotation),
            ast.unparse(field.value) if field.value else None,
        )
        for field in node.body
        if isinstance(field, ast.AnnAssign)
        and "init=False" not in ast.unparse(field)
        and not ast.unparse(field.annotation).startswith("ClassVar")
    ]


@cache
def private_constants(path: str) -> dict[str, str]:
    """Return what a module gives to its private names, as its source spells it."""
    return {
        statement.targets[0].id: ast.unparse(statement.value)
        for statement in module(path).body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id.startswith("_")
    }


@cache
def connection_names() -> dict[str, str]:
    """Return the default connection of each hook, as its source spells it."""
    return {
        node.name: ast.unparse(value)
        for path in sorted((ROOT / PACKAGE / "hooks").glob("*.py"))
        for node in module(str(path.relative_to(ROOT))).body
        if isinstance(node, ast.ClassDef) and (value := assigned(node, "default_conn_name")) is not None
    }
