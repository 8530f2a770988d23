"""What the repository's host and pre-commit run is what `make` runs, on the Pythons that are claimed."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", MAKEFILE, re.MULTILINE))
WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / ".github/workflows").glob("*.yml")
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def made(workflow: dict[str, Any]) -> set[str]:
    """Return the targets that a workflow makes, those of its matrix too."""
    commands = " ".join(step.get("run", "") for step in steps(workflow))
    named = set(re.findall(r"make ([a-z][a-z0-9-]*)", commands))
    matrices = [job["strategy"]["matrix"] for job in workflow["jobs"].values() if "strategy" in job]
    return named | {target.partition(" ")[0] for matrix in matrices for target in matrix["target"]}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_make_targets_that_exist(name: str) -> None:
    assert made(WORKFLOWS[name])
    assert made(WORKFLOWS[name]) <= TARGETS


def test_every_change_is_checked_and_tested() -> None:
    assert {"check", "dist", "test", "test-latest"} <= made(WORKFLOWS["test"])
    assert {"release-check", "dist", "sbom"} <= made(WORKFLOWS["release"])


@pytest.mark.parametrize("name", ["nightly", "test"])
def test_the_pythons_that_are_claimed_are_those_that_are_tested(name: str) -> None:
    prefix = "Programming Language :: Python :: "
    claimed = [found.removeprefix(prefix) for found in PROJECT["classifiers"] if found.startswith(prefix)]
    assert WORKFLOWS[name]["jobs"]["test"]["strategy"]["matrix"]["python"] == claimed
    assert PROJECT["requires-python"] == f">={claimed[0]}"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_commit_and_say_their_version(name: str) -> None:
    text = (ROOT / ".github/workflows" / f"{name}.yml").read_text()
    used = re.findall(r"uses: (.+)$", text, re.MULTILINE)
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("name", WORKFLOWS)
def test_only_a_release_may_write(name: str) -> None:
    workflow = WORKFLOWS[name]
    granted = [workflow["permissions"], *(job.get("permissions", {}) for job in workflow["jobs"].values())]
    writes = {scope for scopes in granted for scope, right in scopes.items() if right != "read"}
    assert writes == ({"contents", "id-token"} if name == "release" else set())


def test_a_commit_runs_every_part_of_make_check() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    [local] = config["repos"]
    assert local["repo"] == "local"
    [parts] = re.findall(r"^check: (.+)$", MAKEFILE, re.MULTILINE)
    assert [hook["entry"] for hook in local["hooks"]] == [f"make -s {part}" for part in parts.split()]
    assert [hook["id"] for hook in local["hooks"]] == parts.split()


def test_the_hooks_are_of_pre_commits_form(tmp_path: Path) -> None:
    validate = [sys.executable, "-m", "pre_commit", "validate-config"]
    config = ROOT / ".pre-commit-config.yaml"
    assert subprocess.run([*validate, str(config)], check=False).returncode == 0
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(config.read_text().replace("entry:", "entri:"))
    assert subprocess.run([*validate, str(wrong)], capture_output=True, check=False).returncode == 1
