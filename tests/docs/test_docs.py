"""The docs say what the code does: generated blocks, links, commands, params, parameters, examples."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import runpy
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATE = runpy.run_path(str(Path(__file__).with_name("generate.py")))
PAGES: list[Path] = GENERATE["pages"]()
SHOWN = [str(page.relative_to(ROOT)) for page in PAGES]
DAGS = sorted((ROOT / "dags").glob("*.py"))

CODE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")
MAKE = re.compile(r"(?:`|^\$ )make ([a-z][a-z0-9-]*)", re.MULTILINE)
PARAMS = re.compile(r"<!-- params: (\S+) -->\n(.*?)<!-- end params -->", re.DOTALL)
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \|", re.MULTILINE)

# Every class that a Dag author imports.
PUBLIC = {
    "hooks.devo": "DevoHook",
    "hooks.devo_events": "DevoEventsHook",
    "hooks.ml_model_manager": "MLModelManagerHook",
    "hooks.h2o": "H2OHook",
    "hooks.mlflow": "MLflowHook",
    "operators.h2o_train": "H2OTrainOperator",
    "operators.register_model": "RegisterModelOperator",
    "operators.probe_model": "ProbeModelOperator",
    "operators.record_training": "RecordTrainingOperator",
    "operators.gate_model": "GateModelOperator",
    "operators.promote_model": "PromoteModelOperator",
    "operators.devo_query": "DevoQueryOperator",
    "operators.watch_drift": "WatchDriftOperator",
    "operators.check_linq": "CheckLinqOperator",
    "operators.devo_job": "DevoJobOperator",
    "operators.dga_report": "DGAReportOperator",
    "operators.send_detections": "SendDetectionsOperator",
    "sensors.devo_query": "DevoQuerySensor",
    "triggers.devo_query": "DevoQueryTrigger",
    "triggers.devo_job": "DevoJobTrigger",
}


def section(name: str) -> str:
    """Return the part of the reference below a class's heading."""
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    found = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"docs/reference.md has no section {name}"
    return found[1]


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
    assert GENERATE["filled"](text) == text, "Run: python tests/docs/generate.py"


@pytest.mark.parametrize("page", PAGES, ids=SHOWN)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = unquote(target).partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.is_file(), f"{target} is not there"
        assert not anchor or anchor in anchors(linked), f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=SHOWN)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(MAKE.findall(page.read_text(encoding="utf-8"))) <= targets


@pytest.mark.parametrize("page", PAGES, ids=SHOWN)
def test_python_blocks_compile(page: Path) -> None:
    for language, code in CODE.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            compile(code, str(page), "exec")


@pytest.mark.parametrize("page", PAGES, ids=SHOWN)
def test_imports_in_python_blocks_exist(page: Path) -> None:
    for language, code in CODE.findall(page.read_text(encoding="utf-8")):
        for node in ast.walk(ast.parse(code if language == "python" else "")):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module
                and node.module.startswith("airflow_provider")
            ):
                module = importlib.import_module(node.module)
                missing = [alias.name for alias in node.names if not hasattr(module, alias.name)]
                for name in missing:  # a module of a package is no attribute until it is imported
                    importlib.import_module(f"{node.module}.{name}")


@pytest.mark.parametrize(("module", "name"), PUBLIC.items(), ids=PUBLIC.values())
def test_reference_names_every_parameter(module: str, name: str) -> None:
    public = getattr(importlib.import_module(f"airflow_provider_devo_dga.{module}"), name)
    wanted = [p for p in inspect.signature(public.__init__).parameters if p not in {"self", "kwargs"}]
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.+) \|$", section(name), re.MULTILINE)
    assert [parameter for parameter, _ in rows] == wanted
    assert [parameter for parameter, meaning in rows if not meaning.strip()] == []


@pytest.mark.parametrize(("module", "name"), PUBLIC.items(), ids=PUBLIC.values())
def test_reference_marks_templated_parameters(module: str, name: str) -> None:
    public = getattr(importlib.import_module(f"airflow_provider_devo_dga.{module}"), name)
    marked = re.findall(r"^\| `(\w+)` \|.*\(templated\) \|$", section(name), re.MULTILINE)
    assert sorted(marked) == sorted(getattr(public, "template_fields", ()))


def test_every_public_module_is_in_the_reference() -> None:
    folders = ("hooks", "operators", "sensors", "triggers")
    package = ROOT / "airflow_provider_devo_dga"
    named = {
        f"{folder}.{path.stem}"
        for folder in folders
        for path in (package / folder).glob("*.py")
        if re.search(
            r"^class \w+\((Base(?!Exception)|\w*Mixin)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert named == set(PUBLIC)


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
            spelled = "null" if default is None else str(default)
            assert rows[name] == f"`{spelled}`", name


def test_connection_fields_are_all_explained() -> None:
    from airflow_provider_devo_dga.provider_info import get_provider_info

    text = (ROOT / "docs" / "connections.md").read_text(encoding="utf-8")
    for connection in get_provider_info()["connection-types"]:
        assert f"`{connection['connection-type']}`" in text
        for field in connection["conn-fields"]:
            assert f"`extra.{field}`" in text, field


def test_extras_are_those_of_the_package() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    table = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("| extra | adds |")[2].partition("\n\n")[0]
    )
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {*project["optional-dependencies"]} - {
        "dev"
    }


def test_sandbox_options_are_all_explained() -> None:
    text = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    source = (ROOT / "airflow_provider_devo_dga" / "sandbox" / "__main__.py").read_text(encoding="utf-8")
    options = set(re.findall(r"\"(--[a-z0-9-]+)\"", source)) - {"--log-level"}
    assert {option for option in options if option not in text} == set()


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
