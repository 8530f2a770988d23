"""Nothing foreign is tracked: each file is of a kind and in a place that the project knows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.tracked_files import PLACES, foreign, main, tracked

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def add(repository: Path, *names: str) -> None:
    for name in names:
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        subprocess.run(["git", "-C", str(repository), "add", "--force", name], check=True)


@pytest.mark.parametrize(
    "name",
    [
        "attrs-26.1.0-py3-none-any.whl",
        "notes.md",
        "new_room/noun.py",
        "airflow_provider_devo_dga/models/model.zip",
        "dags/deeper/dag.py",
        "docs/report.html",
        "tests/dump.csv",
        "build/report.html",
        "docs/a name with\nnewline.txt",
    ],
)
def test_a_foreign_file_is_named_with_what_to_do(
    name: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(repository, "README.md", "dags/dag.py", name)
    assert main(repository) == 1
    told = capsys.readouterr().out
    assert told.startswith(f"{name}: ")
    assert "git rm --cached" in told
    assert "README.md: " not in told


def test_known_files_pass_in_silence(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(
        repository,
        "README.md",
        "dags/dag.py",
        "airflow_provider_devo_dga/py.typed",
        "tests/room/test_noun.py",
    )
    assert main(repository) == 0
    assert capsys.readouterr().out == ""


def test_what_is_not_tracked_does_not_count(repository: Path) -> None:
    (repository / "scratch.whl").write_text("")
    assert main(repository) == 0


def test_a_source_distribution_is_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path) == 0
    assert "not looked at" in capsys.readouterr().out


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="a source distribution has no tracked files")
def test_each_place_has_files_and_each_file_a_place() -> None:
    paths = tracked(ROOT)
    assert not list(foreign(paths))
    assert {path.partition("/")[0] for path in paths if "/" in path} == set(PLACES)
