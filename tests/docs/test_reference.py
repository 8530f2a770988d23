"""Each class and function that Dags import has a page, which tells every parameter as the code has it."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from typing import Any

import pytest
import yaml

from airflow_provider_devo_dga.provider_info import get_provider_info
from tests.docs.blocks import blocks
from tests.docs.generated.catalog import Entry, entries
from tests.docs.generated.place import PACKAGE, ROOT

FOLDER = ROOT / "docs" / "reference"
ENTRIES = entries()
NAMES = [entry.name for entry in ENTRIES]
# documented elsewhere: the nodes on the page of features, the values on the reference's first page
ELSEWHERE = {
    "TrainingSummary",
    "expression",
    "to_dict",
    "feature_set_named",
    "Window",
    "LabelledName",
    "DEVO_RETRY_POLICY",
}


def page(entry: Entry) -> str:
    return (FOLDER / entry.page).read_text(encoding="utf-8")


def code(entry: Entry) -> Any:
    return getattr(importlib.import_module(entry.imported), entry.name)


def rows(entry: Entry) -> list[list[str]]:
    """Return the rows of a page's table of parameters."""
    table = re.search(r"^## Parameters\n\n.*?\n\|[ |-]+\n(.*?)\n\n", page(entry), re.DOTALL | re.MULTILINE)
    return [re.split(r" \| ", row.strip("| ")) for row in table[1].splitlines()] if table else []


def parameters(entry: Entry) -> list[inspect.Parameter]:
    found = inspect.signature(code(entry)).parameters.values()
    return [p for p in found if p.kind not in {p.VAR_KEYWORD, p.VAR_POSITIONAL}]


def test_every_class_has_a_page_and_every_page_a_class() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(
        [*(entry.page for entry in ENTRIES), "index.md"]
    )


def test_the_site_shows_every_page() -> None:
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    [reference] = [entry["Reference"] for entry in nav if "Reference" in entry]
    shown = [
        path for group in reference[1:] for pages in group.values() for one in pages for path in one.values()
    ]
    assert shown == [f"reference/{entry.page}" for entry in ENTRIES]


def test_everything_that_airflow_discovers_has_a_page() -> None:
    info = get_provider_info()
    modules = {
        module
        for kind in ("hooks", "operators", "sensors", "triggers")
        for entry in info[kind]
        for module in entry["python-modules"]
    }
    modules |= {link.rpartition(".")[0] for link in info["extra-links"]}
    assert modules <= {entry.imported for entry in ENTRIES}
    classes = {connection["hook-class-name"] for connection in info["connection-types"]}
    assert {name.rpartition(".")[2] for name in classes} <= set(NAMES)


def test_every_module_at_the_edge_is_there() -> None:
    named = {
        f"{folder}.{path.stem}"
        for folder in ("hooks", "operators", "sensors", "triggers", "links")
        for path in (ROOT / PACKAGE / folder).glob("*.py")
        if re.search(
            r"^class \w+\((Base(?!Exception|OperatorLink)|ToldLink|\w*(Mixin|Operator)\b)",
            path.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    }
    assert named <= {entry.module for entry in ENTRIES}


def test_what_the_docs_import_has_a_page() -> None:
    imported = {
        alias.name
        for block in blocks("python")
        # whole files, which have tests of their own, may use more
        if block.generated not in {"snippet", "file"}
        for node in ast.walk(ast.parse(block.code))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE)
        for alias in node.names
    }
    assert imported - ELSEWHERE <= set(NAMES)


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_a_page_has_purpose_example_and_related_pages(entry: Entry) -> None:
    text = page(entry)
    assert text.startswith(f"# {entry.name}\n\n<!-- generated: purpose {entry.name} -->")
    assert f"<!-- generated: facts {entry.name} -->" in text
    example = text.partition("## Example\n")[2].partition("<!-- generated: facts")[0]
    assert "```python" in example
    assert re.search(rf"\b{entry.name}\b", example)
    assert re.search(r"^- .*\]\(", text.partition("## Related\n")[2], re.MULTILINE)


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_a_page_names_every_parameter_with_its_meaning(entry: Entry) -> None:
    shown = rows(entry)
    assert [row[0].strip("`") for row in shown] == [p.name for p in parameters(entry)]
    assert [row[0] for row in shown if not row[-1].strip()] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_a_page_says_which_parameters_are_required(entry: Entry) -> None:
    required = {p.name for p in parameters(entry) if p.default is p.empty}
    assert {row[0].strip("`") for row in rows(entry) if row[2] == "required"} == required


TEMPLATED = [entry for entry in ENTRIES if entry.module.startswith(("operators.", "sensors."))]


@pytest.mark.parametrize("entry", TEMPLATED, ids=[entry.name for entry in TEMPLATED])
def test_a_page_marks_templated_parameters(entry: Entry) -> None:
    marked = [row[0].strip("`") for row in rows(entry) if row[3] == "yes"]
    assert sorted(marked) == sorted(code(entry).template_fields)


@pytest.mark.parametrize("entry", TEMPLATED, ids=[entry.name for entry in TEMPLATED])
def test_a_page_tells_of_links_and_errors(entry: Entry) -> None:
    text = page(entry)
    for link in getattr(code(entry), "operator_extra_links", ()):
        assert f"Link on the task: [`{type(link).__name__}`]" in text
    assert "## Errors\n\n| error | when |" in text


def test_errors_that_pages_name_exist() -> None:
    from airflow.sdk import exceptions

    from airflow_provider_devo_dga import errors

    named = {
        name
        for entry in ENTRIES
        for name in re.findall(
            r"^\| \[?`(\w+)`.* \| .+ \|$", page(entry).partition("## Errors\n")[2], re.MULTILINE
        )
    }
    assert len(named) > 15
    assert {name for name in named if not (hasattr(errors, name) or hasattr(exceptions, name))} == set()
