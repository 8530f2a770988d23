"""What Airflow discovers of the provider, and what its import costs."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module, resources
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest

import airflow_provider_devo_dga
from airflow_provider_devo_dga.assets import normalise_model_uri
from airflow_provider_devo_dga.provider_info import get_provider_info

INFO = get_provider_info()
NAME = "airflow-provider-devo-dga"
KINDS = ("operators", "sensors", "hooks", "triggers")
MODULES = [module for kind in KINDS for entry in INFO[kind] for module in entry["python-modules"]]
HEAVY = (
    "altair",
    "devo",
    "devo_ml",
    "duckdb",
    "jpype",
    "lark",
    "onnxruntime",
    "fastapi",
    "h2o",
    "httpx",
    "jinja2",
    "mlflow",
    "numpy",
    "pandas",
    "pyarrow",
    "requests",
    "vl_convert",
)


def test_airflow_finds_the_entry_point() -> None:
    [entry] = [e for e in entry_points(group="apache_airflow_provider") if e.dist and e.dist.name == NAME]
    assert entry.load()() == INFO
    assert INFO["package-name"] == NAME


def test_the_description_is_of_airflows_form() -> None:
    schema = json.loads(resources.files("airflow").joinpath("provider_info.schema.json").read_text())
    jsonschema.validate(INFO, schema)


def test_every_module_of_a_kind_is_listed() -> None:
    package = Path(airflow_provider_devo_dga.__file__).parent
    for kind in KINDS:
        listed = {module.rpartition(".")[2] for entry in INFO[kind] for module in entry["python-modules"]}
        own = {path.stem for path in (package / kind).glob("*.py")} - {
            "__init__",
            "connections",
            "extra",
            "shared_access",
        }
        assert listed == own, kind


@pytest.mark.parametrize("module", MODULES)
def test_what_is_listed_can_be_imported_and_is_told_of(module: str) -> None:
    loaded = import_module(module)
    assert loaded.__doc__
    public = [
        value
        for name, value in vars(loaded).items()
        if isinstance(value, type) and value.__module__ == module and not name.startswith("_")
    ]
    assert public
    assert all(value.__doc__ for value in public)


@pytest.mark.parametrize("connection", INFO["connection-types"], ids=lambda entry: entry["connection-type"])
def test_a_connection_type_is_its_hooks(connection: dict[str, Any]) -> None:
    module, _, name = connection["hook-class-name"].rpartition(".")
    hook = getattr(import_module(module), name)
    assert (hook.conn_type, hook.hook_name) == (connection["connection-type"], connection["hook-name"])
    assert hook.default_conn_name.startswith(connection["connection-type"])
    for field in connection["conn-fields"].values():
        assert field["label"]
        assert field["description"]
    # a hook's form is in the description; the methods on the class are deprecated
    assert "get_connection_form_widgets" not in vars(hook)


def test_secrets_have_names_that_airflow_masks() -> None:
    from airflow.sdk._shared.secrets_masker import DEFAULT_SENSITIVE_FIELDS

    fields = INFO["connection-types"][0]["conn-fields"]
    secret = {name for name, field in fields.items() if field["schema"].get("format") == "password"}
    assert secret == {"api_key", "api_secret", "jwt_token"}
    assert [name for name in secret if not any(word in name for word in DEFAULT_SENSITIVE_FIELDS)] == []


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("devo-mlmm://self/dga_classifier", "devo-mlmm://self/dga_classifier"),
        ("devo-mlmm://self/dga_classifier/?a=b#c", "devo-mlmm://self/dga_classifier"),
        ("devo-mlmm://self", None),
        ("devo-mlmm:///dga_classifier", None),
        ("devo-mlmm://self/a/b", None),
    ],
)
def test_a_models_address_has_one_spelling(given: str, stored: str | None) -> None:
    if stored is None:
        with pytest.raises(ValueError, match="devo-mlmm://<devo domain>/<model>"):
            normalise_model_uri(urlsplit(given))
    else:
        assert normalise_model_uri(urlsplit(given)).geturl() == stored


def test_the_description_imports_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "from airflow_provider_devo_dga.provider_info import get_provider_info; get_provider_info()\n"
        "print({name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{'airflow_provider_devo_dga'}"


@pytest.mark.slow
def test_the_public_modules_import_nothing_heavy() -> None:
    public = [
        *MODULES,
        "airflow_provider_devo_dga.tasks.retries",
        "airflow_provider_devo_dga.tasks.run_window",
    ]
    code = f"""
import sys
import airflow.sdk
from importlib import import_module
for module in {public!r}:
    before = set(sys.modules)
    import_module(module)
    heavy = {{name.partition(".")[0] for name in set(sys.modules) - before}} & {set(HEAVY)!r}
    assert not heavy, (module, heavy)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def airflow(*arguments: str) -> str:
    command = [sys.executable, "-m", "airflow", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_the_airflow_command_shows_the_provider() -> None:
    shown = airflow("providers", "get", NAME, "--output", "json")
    [described] = json.loads(shown[shown.index("[") :])
    assert described == {"Provider": NAME, "Version": airflow_provider_devo_dga.__version__}
    full = airflow("providers", "get", NAME, "--full", "--output", "json")
    assert json.loads(full[full.index("[") :])[0]["package-name"] == NAME


@pytest.mark.slow
def test_the_airflow_command_shows_the_connection_types() -> None:
    shown = airflow("providers", "hooks", "--output", "json")
    hooks = {hook["connection_type"]: hook for hook in json.loads(shown[shown.index("[") :])}
    for connection in INFO["connection-types"]:
        found = hooks[connection["connection-type"]]
        assert found["class"] == connection["hook-class-name"]
        assert found["package_name"] == NAME


@pytest.mark.slow
def test_the_forms_have_their_fields() -> None:
    code = """
import json
from airflow.providers_manager import ProvidersManager
manager = ProvidersManager()
print("\\n" + json.dumps([sorted(manager.connection_form_widgets), sorted(manager.field_behaviours)]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    widgets, behaviours = json.loads(done.stdout.splitlines()[-1])
    for connection in INFO["connection-types"]:
        kind = connection["connection-type"]
        assert {f"extra__{kind}__{name}" for name in connection["conn-fields"]} <= set(widgets)
        assert kind in behaviours
