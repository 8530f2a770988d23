"""What is built holds what users need, and no more."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "airflow_provider_devo_dga"
NO_INDEX = ("Could not find a version", "No matching distribution", "Connection", "resolve")


def build(folder: Path, *options: str, **host: str) -> Path:
    """Build into a folder, on a host that says where the repository lies, or on one that does not."""
    command = [sys.executable, "-m", "build", "--outdir", str(folder), *options, str(ROOT)]
    if find_spec("hatchling"):
        command.append("--no-isolation")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=plain | host)
    if done.returncode and any(words in done.stdout + done.stderr for words in NO_INDEX):
        pytest.skip("hatchling is not installed and no package index has it")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build wheel and source distribution; the build's own backend comes from the package index."""
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    [path] = built.glob("*.whl")
    return zipfile.ZipFile(path)


def metadata(wheel: zipfile.ZipFile) -> str:
    [name] = [name for name in wheel.namelist() if name.endswith("METADATA")]
    return wheel.read(name).decode()


def files_below(folder: Path, keep: Callable[[Path], bool] = lambda path: True) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and keep(path)
    }


def test_the_wheel_has_every_file_of_the_package_and_the_example_dags(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    dags = {f"{PACKAGE}/example_dags/{path.name}" for path in (ROOT / "dags").glob("*.py")}
    assert names == files_below(ROOT / PACKAGE) | files_below(ROOT / "devo_sandbox") | dags
    for name in (
        f"{PACKAGE}/py.typed",
        f"{PACKAGE}/reports/page/templates/report.html",
        f"{PACKAGE}/models/templates/model_card.html",
        f"{PACKAGE}/example_dags/dga_weekly_retrain.py",
        "devo_sandbox/linq/grammar.lark",
    ):
        assert name in names


def test_the_wheel_has_neither_the_demo_nor_what_measures_and_tests(wheel: zipfile.ZipFile) -> None:
    rooms = {name.partition("/")[0] for name in wheel.namelist() if ".dist-info/" not in name}
    assert rooms == {PACKAGE, "devo_sandbox"}


def test_the_wheel_tells_airflow_of_itself(wheel: zipfile.ZipFile) -> None:
    [entry_points] = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    text = wheel.read(entry_points).decode()
    assert f"[apache_airflow_provider]\nprovider_info = {PACKAGE}.provider_info:get_provider_info" in text
    assert "devo-sandbox = devo_sandbox.__main__:main" in text
    lines = metadata(wheel).splitlines()
    assert "Requires-Python: >=3.11" in lines
    assert "Requires-Dist: apache-airflow>=3.3" in lines
    licences = {Path(name).name for name in wheel.namelist() if "/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE"}


def test_of_links_into_an_unknown_repository_only_the_words_stay(wheel: zipfile.ZipFile) -> None:
    text = metadata(wheel)
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert targets
    assert all(target.startswith("https://") for target in targets)
    assert "docs/" not in text.partition("\n\n")[2]
    assert "[Changes]" not in text
    assert "Changes · Contributing · Security" in text
    assert "Project-URL" not in text


def test_an_index_shows_pictures_and_links_of_the_release(tmp_path: Path) -> None:
    host = {"GITHUB_SERVER_URL": "https://host.invalid", "GITHUB_REPOSITORY": "team/project"}
    [path] = build(tmp_path, "--wheel", **host).glob("*.whl")
    text = metadata(zipfile.ZipFile(path))
    at = "https://host.invalid/team/project"
    tag = f"v{path.name.split('-')[1]}"
    assert f"Project-URL: Changelog, {at}/blob/{tag}/CHANGELOG.md" in text
    assert {line.split(",")[0] for line in text.splitlines() if line.startswith("Project-URL: ")} == {
        f"Project-URL: {label}" for label in ("Documentation", "Changelog", "Issues", "Source")
    }
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert all(target.startswith("https://") for target in targets)
    assert f"({at}/blob/{tag}/docs/models.md#the-mojo-licence-gate)" in text
    readme = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    inside = [target for target in readme if not target.startswith("https://")]
    assert [
        target.removeprefix(f"{at}/").split("/", 2)[2] for target in targets if target.startswith(at)
    ] == inside
    pictures = re.findall(rf"!\[[^\]]+\]\({at}/raw/{tag}/(docs/images/\S+)\)", text)
    assert len(pictures) == text.count("![") > 0
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_the_source_distribution_can_test_itself(built: Path) -> None:
    [path] = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tests = files_below(ROOT / "tests", lambda path: path.suffix == ".py")
    assert tests <= names
    assert {
        "Makefile",
        "pyproject.toml",
        "constraints.txt",
        "LICENSE",
        "NOTICE",
        "README.md",
        "hatch_build.py",
    } <= names
    assert not {name for name in names if name.startswith((".venv", "build/", "dist/"))}


def test_an_installed_wheel_finds_its_dags(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)  # noqa: S202 - our own
    code = f"import {PACKAGE}.example_dags_path as m; print(m.__file__, m.example_dags_path())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    file, folder = done.stdout.split()
    assert Path(file).is_relative_to(tmp_path)
    assert Path(folder) == tmp_path / PACKAGE / "example_dags"
