"""Fill the generated blocks of the docs from the code: ``python tests/docs/generate.py`` rewrites them.

A block stands between ``<!-- generated: KIND ARGUMENTS -->`` and ``<!-- end generated -->``. Classes and
functions are read with ``ast``, so that no Airflow has to be imported.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "airflow_provider_devo_dga"
BLOCK = re.compile(r"(<!-- generated: ([^>]+?) -->\n).*?(<!-- end generated -->)", re.DOTALL)
PARAM = re.compile(r":param (\w+): ?(.*)", re.DOTALL)


def pages() -> list[Path]:
    """Return every page of the docs and the top-level pages."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def filled(text: str) -> str:
    """Return a page with its generated blocks as the code is now."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{_content(found[2])}\n\n{found[3]}", text)


def _content(wanted: str) -> str:
    kind, *arguments = wanted.split()
    return KINDS[kind](*arguments)


# Snippets


def snippet(path: str, name: str) -> str:
    """Return the lines between ``# [START name]`` and ``# [END name]``, without their common indent."""
    text = (ROOT / path).read_text(encoding="utf-8")
    found = re.search(rf"^( *)# \[START {name}\]\n(.*?)\n *# \[END {name}\]$", text, re.DOTALL | re.MULTILINE)
    if found is None:
        raise ValueError(f"{path} has no snippet {name}")
    lines = [line.removeprefix(found[1]) for line in found[2].strip("\n").splitlines()]
    return "\n".join(("```python", *lines, "```"))


def file(path: str) -> str:
    """Return a whole file."""
    return f"```python\n{(ROOT / path).read_text(encoding='utf-8').strip()}\n```"


# Features and operations


def features(name: str) -> str:
    """Return a table of a feature set."""
    from airflow_provider_devo_dga.features.dga import feature_set_named
    from airflow_provider_devo_dga.features.recipe import Recipe

    found = feature_set_named(name)
    fixed = found.fixed if isinstance(found, Recipe) else found.features
    rows = [(f"`{feature.name}`", _said(feature.number)) for feature in fixed]
    if isinstance(found, Recipe):
        rows += [(f"`{odds.name}`", _learned(odds)) for odds in found.learned]
    return _table(("feature", "what is computed"), rows)


def _learned(odds: object) -> str:
    from airflow_provider_devo_dga.features.recipe import LearnedOdds

    assert isinstance(odds, LearnedOdds)
    kept = f", the {odds.most} that tell most" if odds.most else ""
    return (
        f"*learned:* log-odds, legit against DGA, of the label's sequences of {odds.width} letters{kept};"
        f" in {odds.buckets} buckets"
    )


def _said(node: object) -> str:
    from airflow_provider_devo_dga.features import expression as e

    match node:
        case e.Label():
            return "the label"
        case e.Tld():
            return "the TLD"
        case e.Division(numerator, denominator):
            return f"{_said(numerator)}, divided by {_said(denominator)}"
        case e.Length(of):
            return f"characters in {_said(of)}"
        case e.Entropy(of):
            return f"Shannon entropy of {_said(of)}, bits"
        case e.EntropyRatio(of):
            return f"entropy of {_said(of)}, divided by log2 of its length; 1 for one character"
        case e.CountChars(of, chars):
            return f"characters of {_said(of)} in `{chars}`"
        case e.CountShapes(of, shapes):
            return f"pieces of {_said(of)} that match `{'|'.join(map(''.join, shapes))}`"
        case e.WeightedSum(terms):
            return " + ".join(f"{weight:g} × {_said(term)}" for weight, term in terms)
        case e.LongestRun(of, chars, most):
            return f"longest run in {_said(of)} of characters in `{chars}`, counted up to {most}"
        case e.StartsIn(of, chars):
            return f"1 when {_said(of)} starts with one of `{chars}`"
        case e.EndsIn(of, chars):
            return f"1 when {_said(of)} ends with one of `{chars}`"
        case e.StartsWith(of, prefix):
            return f"1 when {_said(of)} starts with `{prefix}`"
        case e.IsOneOf(of, values):
            return f"1 when {_said(of)} is {' or '.join(f'`{value}`' for value in values)}"
        case e.HasLength(of, length):
            return f"1 when {_said(of)} has {length} characters"
    raise TypeError(f"{type(node).__name__} has no words here yet")


def nodes() -> str:
    """Return a table of the nodes that a feature is made of."""
    tree = _module(f"{PACKAGE}/features/expression.py")
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    rows = ((f"`{_called(node)}`", _markdown(ast.get_docstring(node) or "")) for node in classes)
    return _table(("node", "meaning"), rows)


def _called(node: ast.ClassDef) -> str:
    return f"{node.name}({', '.join(name for name, _, _ in _fields(node))})"


def operations(room: str) -> str:
    """Return a table of the sandbox's operations: ``FUNCTIONS``, ``AGGREGATES`` or ``COMPILED``."""
    from airflow_provider_devo_dga.sandbox import functions

    known = getattr(functions, room)
    rows = (
        (_code(operation.name), _code(operation.signature), operation.evidence, operation.note)
        for operation in known.values()
    )
    return _table(("operation", "signature", "evidence", "edge cases"), rows)


def faults() -> str:
    """Return a table of the sandbox's faults."""
    from airflow_provider_devo_dga.sandbox.fault_kinds import KINDS

    rows = (
        (f"`{kind.name}`", f"`{kind.method or ''} {kind.match}`".replace("` ", "`"), kind.wire, kind.client)
        for kind in KINDS.values()
    )
    return _table(("fault", "strikes", "on the wire", "what Devo's client does"), rows)


def outcomes() -> str:
    """Return a table of what each fault of a query comes to: what the tests of the fault matrix expect."""
    sys.path.insert(0, str(ROOT))
    from airflow_provider_devo_dga.sandbox.fault_kinds import KINDS
    from tests.faults.cases import FAULTS

    rows = (
        (
            f"`{fault.name}`",
            KINDS[fault.name].wire
            + (', with `completeness="count"`' if fault.completeness == "count" else ""),
            f"`{fault.error.__name__}`" if fault.error else "none: the answer is whole",
            _again(fault.may_pass("whole"), fault.after > 0),
        )
        for fault in FAULTS
    )
    return _table(("fault", "on the wire", "while it lasts", "asked again"), rows)


def _again(may_pass: bool, begun: bool) -> str:
    if not may_pass:
        return "no"
    return "yes, by `iter_rows` only before the first row" if begun else "yes"


def _code(text: str) -> str:
    # Python-Markdown takes a backslash before a backtick for an escape, also inside code
    return f"<code>{text.replace(chr(92), '&#92;')}</code>" if "\\" in text else f"`{text}`"


# Classes, functions and errors


def errors() -> str:
    """Return the tree of errors, as drawn in its module."""
    text = (ast.get_docstring(_module(f"{PACKAGE}/errors.py")) or "").partition("::\n")[2]
    lines = [line.removeprefix("    ") for line in text.strip("\n").splitlines()]
    return "\n".join(("```text", *lines, "```"))


def types() -> str:
    """Return the table of types, as drawn in its module."""
    lines = (ast.get_docstring(_module(f"{PACKAGE}/client/types.py")) or "").splitlines()
    ruler, *_ = (line for line in lines if line.startswith("==="))
    first, head, last = (number for number, line in enumerate(lines) if line == ruler)
    starts = [match.start() for match in re.finditer("=+", ruler)]
    rows = [
        tuple(line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True))
        for line in (lines[first + 1], *lines[head + 1 : last])
    ]
    return _table(rows[0], iter(rows[1:]))


def described(path: str, name: str) -> str:
    """Return the reference of a class: import, what it does, parameters, methods."""
    module = _module(path)
    node = next(n for n in module.body if isinstance(n, ast.ClassDef) and n.name == name)
    prose, params = _docstring(node)
    is_dataclass = any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)
    signature = _fields(node) if is_dataclass else _constructor(node)
    parts = [_import(path, name), prose, _parameters(signature, params, owner=name), _methods(node)]
    return "\n\n".join(part for part in parts if part)


def function(path: str, name: str) -> str:
    """Return the reference of a function."""
    module = _module(path)
    node = next(n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == name)
    prose, params = _docstring(node)
    return "\n\n".join(
        part
        for part in (_import(path, name), prose, _parameters(list(_arguments(node.args)), params))
        if part
    )


Signature = list[tuple[str, str, str | None]]


def _import(path: str, name: str) -> str:
    dotted = path.removesuffix(".py").replace("/", ".")
    return f"```python\nfrom {dotted} import {name}\n```"


def _constructor(node: ast.ClassDef) -> Signature:
    methods = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    return [entry for method in methods for entry in _arguments(method.args) if entry[0] != "self"]


def _arguments(arguments: ast.arguments) -> Iterator[tuple[str, str, str | None]]:
    plain = [*arguments.posonlyargs, *arguments.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    pairs = [*zip(plain, [*missing, *arguments.defaults], strict=True)]
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    for argument, default in pairs:
        kind = ast.unparse(argument.annotation) if argument.annotation else ""
        yield argument.arg, kind, ast.unparse(default) if default is not None else None


def _fields(node: ast.ClassDef) -> Signature:
    return [
        (
            ast.unparse(field.target),
            ast.unparse(field.annotation),
            ast.unparse(field.value) if field.value else None,
        )
        for field in node.body
        if isinstance(field, ast.AnnAssign) and "init=False" not in ast.unparse(field)
    ]


def _parameters(signature: Signature, meanings: Mapping[str, str], *, owner: str = "") -> str:
    if not signature:
        return ""
    rows = (
        (f"`{name}`", f"`{kind.replace(' | ', ' or ')}`", _default(default, owner), meanings.get(name, ""))
        for name, kind, default in signature
    )
    return _table(("parameter", "type", "default", "meaning"), rows)


def _default(text: str | None, owner: str) -> str:
    if text is None:
        return "required"
    if text.endswith("default_conn_name"):
        text = _connection_names()[text.partition(".")[0] if "." in text else owner]
    return f"`{text}`"


def _connection_names() -> dict[str, str]:
    return {
        node.name: ast.unparse(statement.value)
        for path in sorted((ROOT / PACKAGE / "hooks").glob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "default_conn_name"
    }


def _methods(node: ast.ClassDef) -> str:
    """Return a list of the methods that users call; Airflow's own entry points are left out."""
    lines = []
    for method in node.body:
        if not isinstance(method, ast.FunctionDef) or method.name.startswith("_"):
            continue
        if method.name in {"execute", "poke", "execute_complete", "serialize"}:
            continue
        said = _markdown((ast.get_docstring(method) or "").split("\n\n")[0])
        if any(
            isinstance(d, ast.Name | ast.Attribute) and "property" in ast.unparse(d)
            for d in method.decorator_list
        ):
            lines.append(f"- `{method.name}`: {said}")
            continue
        shown = ", ".join(_shown(method.args))
        lines.append(f"- `{method.name}({shown})`: {said}")
    return "\n".join(lines)


def _shown(arguments: ast.arguments) -> Iterator[str]:
    keyword_only = {argument.arg for argument in arguments.kwonlyargs}
    marked = False
    for name, _, default in _arguments(arguments):
        if name in {"self", "cls"}:
            continue
        if name in keyword_only and not marked:
            marked = True
            yield "*"
        yield name if default is None else f"{name}={default}"


def _docstring(node: ast.ClassDef | ast.FunctionDef) -> tuple[str, dict[str, str]]:
    """Return a docstring's prose and what it says of each parameter, both as Markdown."""
    text = ast.get_docstring(node) or ""
    prose: list[str] = []
    params: dict[str, str] = {}
    for paragraph in text.split("\n\n"):
        for entry in re.split(r"\n(?=:)", paragraph):
            if found := PARAM.match(entry):
                params[found[1]] = _markdown(found[2])
            elif entry.startswith(":return:"):
                prose.append(f"Returns {_markdown(entry.removeprefix(':return: '))}")
            elif found := re.match(r":raises (\w+): ?(.*)", entry, re.DOTALL):
                prose.append(f"Raises `{found[1]}`: {_markdown(found[2])}")
            else:
                prose.append(_markdown(entry))
    return "\n\n".join(part for part in prose if part), params


def _markdown(text: str) -> str:
    one_line = " ".join(text.split())
    one_line = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", one_line)
    return one_line.replace("``", "`")


def _module(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


KINDS: dict[str, Callable[..., str]] = {
    "snippet": snippet,
    "file": file,
    "features": features,
    "nodes": nodes,
    "operations": operations,
    "faults": faults,
    "outcomes": outcomes,
    "errors": errors,
    "types": types,
    "class": described,
    "function": function,
}


def main() -> int:
    """Rewrite the pages whose blocks are stale; name them."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if (new := filled(text)) != text:
            page.write_text(new, encoding="utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
