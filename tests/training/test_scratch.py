"""Temporary folders: gone with their block, and gone after a process that was killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from airflow_provider_devo_dga.training.scratch import scratch_folder

DIES = """
import os, signal
from airflow_provider_devo_dga.training.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "big").write_text("x")
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_it_goes_with_its_block_and_leaves_another_in_use(tmp_path: Path) -> None:
    with scratch_folder() as first:
        with scratch_folder() as second:
            assert {first, second} <= set(tmp_path.iterdir())
        assert list(tmp_path.iterdir()) == [first]
    assert list(tmp_path.iterdir()) == []


def test_that_of_a_killed_process_goes_when_the_next_begins(tmp_path: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", DIES],
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    left = Path(dead.stdout.strip())
    assert (left / "big").is_file()
    with scratch_folder():
        assert not left.exists()
