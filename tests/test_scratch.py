"""Temporary folders: gone with their block, and gone after a process that was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from airflow_provider_devo_dga.scratch import scratch_folder

WAITS = """
import sys
from airflow_provider_devo_dga.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "model.zip").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@contextmanager
def another(place: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Run a process that uses a folder until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", WAITS],
        env={"PYTHONPATH": str(Path(__file__).parents[1]), "TMPDIR": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_it_goes_with_its_block_and_leaves_another_in_use(tmp_path: Path) -> None:
    with scratch_folder() as first:
        with scratch_folder() as second:
            assert {first, second} <= set(tmp_path.iterdir())
        assert list(tmp_path.iterdir()) == [first]
    assert list(tmp_path.iterdir()) == []


def test_that_of_a_killed_process_goes_when_the_next_begins_and_not_before(tmp_path: Path) -> None:
    with another(tmp_path) as (process, left):
        with scratch_folder():
            assert (left / "model.zip").is_file()
        process.kill()
        process.wait()
        assert (left / "model.zip").is_file()
        with scratch_folder() as own:
            assert list(tmp_path.iterdir()) == [own]


def test_that_of_a_process_killed_before_it_took_the_lock_goes_too(tmp_path: Path) -> None:
    left = Path(tempfile.mkdtemp(prefix="devo-dga-scratch-"))
    with scratch_folder():
        assert not left.exists()


def test_a_folder_swept_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = tempfile.mkdtemp, []

    def swept(**how: str) -> str:
        made.append(make(**how))
        if len(made) == 1:
            with monkeypatch.context() as patched:
                patched.setattr(tempfile, "mkdtemp", make)
                with scratch_folder():
                    pass
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", swept)
    with scratch_folder() as folder:
        assert [str(folder)] == made[1:]
        assert folder.is_dir()


def test_what_only_looks_like_one_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (tmp_path / "devo-dga-scratch-link").symlink_to(kept)
    (tmp_path / "devo-dga-scratch-file").write_text("x")
    with scratch_folder():
        pass
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_that_of_another_user_is_left_alone(tmp_path: Path) -> None:
    theirs = Path(tempfile.mkdtemp(prefix="devo-dga-scratch-"))
    os.chown(theirs, 4321, -1)
    with scratch_folder():
        pass
    assert theirs.is_dir()
