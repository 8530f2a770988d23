"""What is built holds what users need, and no more."""

from __future__ import annotations

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


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build wheel and source distribution; the build's own backend comes from the package index."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)]
    if find_spec("hatchling"):
        command.append("--no-isolation")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and any(words in done.stdout + done.stderr for words in NO_INDEX):
        pytest.skip("hatchling is not installed and no package index has it")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    [path] = built.glob("*.whl")
    return zipfile.ZipFile(path)


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
    [metadata] = [name for name in wheel.namelist() if name.endswith("METADATA")]
    lines = wheel.read(metadata).decode().splitlines()
    assert "Requires-Python: >=3.11" in lines
    assert "Requires-Dist: apache-airflow>=3.3" in lines
    licences = {Path(name).name for name in wheel.namelist() if "/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE"}


def test_the_source_distribution_can_test_itself(built: Path) -> None:
    [path] = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tests = files_below(ROOT / "tests", lambda path: path.suffix == ".py")
    assert tests <= names
    assert {"Makefile", "pyproject.toml", "constraints.txt", "LICENSE", "NOTICE", "README.md"} <= names
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
