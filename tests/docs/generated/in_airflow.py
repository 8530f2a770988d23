"""What Airflow shows or hands on of an operator: links, asset events, lineage, files of templates."""

from __future__ import annotations

import ast

from tests.docs.generated.source import assigned, methods, signature

_LINEAGE = "get_openlineage_facets_on_complete"


def in_airflow(node: ast.ClassDef) -> str:
    """Return a list, empty for a class that has none of it."""
    lines = []
    names = [name for name, _, _ in signature(node)]
    if "deferrable" in names:
        lines.append("Can wait in the triggerer: `deferrable`.")
    if (ext := assigned(node, "template_ext")) is not None:
        lines.append(f"Templates may lie in files: {', '.join(f'`{one}`' for one in ast.literal_eval(ext))}.")
    if isinstance(links := assigned(node, "operator_extra_links"), ast.Tuple):
        lines += [f"Link on the task: `{ast.unparse(link).removesuffix('()')}`." for link in links.elts]
    if "tell_outlets" in ast.unparse(node):
        lines.append("Asset events: each outlet's event has the model's facts as its `extra`.")
    lines += [
        (ast.get_docstring(method) or "").split("\n\n")[0]
        for method in methods(node)
        if method.name == _LINEAGE
    ]
    return "\n".join(f"- {line}" for line in lines)
