"""Every block of README and docs that is no Python: commands exist, options and data parse, LINQ runs."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from itertools import dropwhile
from pathlib import Path

import pytest
import requests
import yaml

from airflow_provider_devo_dga.provider_info import get_provider_info
from airflow_provider_devo_dga.sources.source_list import read_sources
from airflow_provider_devo_dga.training.dataset.source import sources_of
from devo_sandbox import __main__ as devo_sandbox
from devo_sandbox.linq import parse
from devo_sandbox.server import Sandbox
from devo_sandbox.tables import table_schema
from tests.deploy.compose_file import SERVICES
from tests.docs.blocks import Block, blocks, commands, printed
from tests.docs.generated.place import ROOT

SHELL = blocks("console", "bash")
# drawings, forms and excerpts of files: nothing there runs
DRAWN = {"text"}


def make(target: str) -> None:
    targets = re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert target in targets


def pip(command: str, wanted: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.fullmatch(r"([a-z-]+)\[([a-z,0-9]+)\]", wanted)
    assert command == "install"
    assert named
    assert named[1] == project["name"]
    assert set(named[2].split(",")) <= set(project["optional-dependencies"])


def python(*arguments: str) -> None:
    # a module, or a script of ours
    named = 2 if arguments[0] == "-m" else 1
    options = arguments[named:]
    told = subprocess.run(
        [sys.executable, *arguments[:named], "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    # what the options of the benchmarks take
    values = {"DIR", "scoring", "dga", "tutorial", "valid", "PEER/bin/python", "labelled.csv"}
    for option in options:
        if option.startswith("{"):
            assert sources_of(json.loads(option))
            continue
        assert option in values or re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", told), option


def pytest_(file: str) -> None:
    assert (ROOT / "docs" / "examples" / file).is_file()


def sandbox(*arguments: str) -> None:
    devo_sandbox._parser().parse_args(arguments)


def airflow(*arguments: str) -> None:
    parsed = _airflow().parse_args(arguments)
    if getattr(parsed, "dag_id", None):
        assert parsed.dag_id in {path.stem for path in (ROOT / "dags").glob("*.py")}
    if getattr(parsed, "conf", None):
        source = (ROOT / "dags" / f"{parsed.dag_id}.py").read_text(encoding="utf-8")
        for param in json.loads(parsed.conf):
            assert f'"{param}": Param(' in source, param


@cache
def _airflow() -> argparse.ArgumentParser:
    from airflow.cli.cli_parser import get_parser

    return get_parser()


def export(assignment: str) -> None:
    name, _, value = assignment.partition("=")
    if name.startswith("AIRFLOW_CONN_"):
        connection = json.loads(value)
        known = {one["connection-type"]: one for one in get_provider_info()["connection-types"]}
        if connection["conn_type"] != "generic":
            fields = known[connection["conn_type"]]["conn-fields"]
            assert set(connection.get("extra", {})) <= set(fields)
    elif name.startswith("AIRFLOW__"):
        for bundle in json.loads(value):
            module, _, attribute = bundle["classpath"].rpartition(".")
            assert hasattr(__import__(module, fromlist=[attribute]), attribute)
    else:
        assert re.fullmatch("DEVO_SANDBOX_[A-Z]+", name), name


def docker(compose: str, *arguments: str) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--profile", choices={name for one in SERVICES.values() for name in one.get("profiles", ())}
    )
    command = parser.add_subparsers(required=True)
    up = command.add_parser("up")
    for flag in ("--detach", "--wait"):
        up.add_argument(flag, action="store_true")
    build = command.add_parser("build")
    build.add_argument("--build-arg", type=_build_argument)
    build.add_argument("service", choices=SERVICES, nargs="?")
    assert compose == "compose"
    parser.parse_args(arguments)


def _build_argument(text: str) -> str:
    name = text.partition("=")[0]
    assert re.search(rf"^ARG {name}\b", (ROOT / "Dockerfile").read_text(), re.MULTILINE), name
    return text


def cat(file: str) -> None:
    assert Path(file).name in made_secrets()


def kubectl(create: str, secret: str, kind: str, name: str, *sources: str) -> None:
    assert (create, secret, kind) == ("create", "secret", "generic")
    assert name in (ROOT / "deploy" / "helm" / "values.yaml").read_text()
    for source in sources:
        assert Path(source.rpartition("=")[2]).name in made_secrets()


@cache
def made_secrets() -> set[str]:
    """Return the names of the files that are made for a deployment."""
    with tempfile.TemporaryDirectory() as folder:
        script = [sys.executable, str(ROOT / "deploy" / "make_secrets.py")]
        shutil.copy(ROOT / ".env.example", folder)
        subprocess.run([*script, "--root", folder], check=True, capture_output=True)
        return {path.name for path in Path(folder).rglob("*") if path.is_file()}


COMMANDS: dict[str, Callable[..., None]] = {
    "make": make,
    "pip": pip,
    "python": python,
    "python3": python,
    "pytest": pytest_,
    "docker": docker,
    "cat": cat,
    "kubectl": kubectl,
    "devo-sandbox": sandbox,
    "airflow": airflow,
    "export": export,
}


@pytest.mark.parametrize("block", SHELL, ids=map(str, SHELL))
def test_commands_exist_and_their_options_parse(block: Block) -> None:
    for words in commands(block):
        # variables before the command
        command, *arguments = dropwhile(re.compile(r"[A-Z_]+=").match, words)
        if command != "curl":  # below
            COMMANDS[command](*arguments)


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


CURLS = [(str(block), words[1:]) for block in SHELL for words in commands(block) if words[0] == "curl"]


@pytest.mark.parametrize(("place", "arguments"), CURLS, ids=[place for place, _ in CURLS])
def test_requests_by_curl_are_answered(place: str, arguments: list[str], served: Sandbox) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--cacert", required=True)
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d", "--data-binary", dest="content")
    said = [
        text.replace("https://127.0.0.1:8443", served.base_url).replace("$DEVO_SANDBOX_TOKEN", served.token)
        for text in arguments
    ]
    asked = parser.parse_args(said)
    content = "chair,12.5\ntable,80" if asked.content == "@events.txt" else asked.content
    answer = requests.request(
        "POST" if content else "GET",
        asked.url,
        data=content,
        headers=dict(header.split(": ") for header in asked.H),
        verify=served.ca_file,
        timeout=30,
    )
    assert answer.ok, answer.text


def test_what_commands_print_parses() -> None:
    lines = [line for block in blocks("console") for line in printed(block)]
    assert lines
    for line in lines:
        assert isinstance(json.loads(line), dict)


def test_json_blocks_are_datasets() -> None:
    found = blocks("json")
    assert found
    for block in found:
        assert sources_of(json.loads(block.code))


def test_yaml_blocks_are_tables_of_the_sandbox(tmp_path: Path) -> None:
    found = [block for block in blocks("yaml") if not block.mark]
    assert found
    for block in found:
        file = tmp_path / "tables.yaml"
        file.write_text(block.code, encoding="utf-8")
        assert set(table_schema.read_file(file)) == set(yaml.safe_load(block.code)["tables"])


def test_lists_of_sources_are_read() -> None:
    found = [block for block in blocks("yaml") if block.mark == "sources"]
    assert found
    for block in found:
        assert read_sources(block.code, str(block))


def test_linq_blocks_parse() -> None:
    for block in blocks("linq"):
        parse.parse(block.code)


def test_drawn_dags_name_their_tasks() -> None:
    drawn = [block for block in blocks("text") if "→" in block.code]
    assert drawn
    for block in drawn:
        dag = {"weekly-retraining.md": "dga_weekly_retrain", "hourly-reports.md": "dga_hourly_report"}[
            block.page.name
        ]
        source = (ROOT / "dags" / f"{dag}.py").read_text(encoding="utf-8")
        source += (ROOT / "airflow_provider_devo_dga/task_groups/dga_report.py").read_text(encoding="utf-8")
        for task in re.findall(r"[a-z_]+", block.code):
            assert f'task_id="{task}"' in source or f"def {task}(" in source, task


def test_no_block_is_of_an_unknown_kind() -> None:
    tested = {"python", "console", "bash", "json", "yaml", "linq"} | DRAWN
    assert {str(block): block.language for block in blocks() if block.language not in tested} == {}
