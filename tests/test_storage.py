from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath
from upath import UPath

from airflow_provider_devo_dga.storage import publish, sweep


@pytest.fixture(params=["pathlib", "file://", "memory://"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "pathlib":
        return tmp_path / "new"
    if request.param == "file://":
        return ObjectStoragePath(f"file://{tmp_path}/new")
    return UPath(f"memory://{tmp_path}/new")


def names(folder: Any) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_in_a_folder_that_was_not_there(folder: Any) -> None:
    with publish(folder / "a.txt") as file:
        file.write(b"whole")
    assert ((folder / "a.txt").read_bytes(), names(folder)) == (b"whole", ["a.txt"])


def test_an_error_keeps_the_former_file(folder: Any) -> None:
    with publish(folder / "a.txt") as file:
        file.write(b"former")

    def fail() -> None:
        with publish(folder / "a.txt") as file:
            file.write(b"half")
            raise RuntimeError("the writer failed")

    with pytest.raises(RuntimeError, match="the writer failed"):
        fail()
    assert ((folder / "a.txt").read_bytes(), names(folder)) == (b"former", ["a.txt"])


def test_a_file_is_replaced(folder: Any) -> None:
    for text in (b"first", b"second"):
        with publish(folder / "a.txt") as file:
            file.write(text)
    assert (folder / "a.txt").read_bytes() == b"second"


def test_what_a_dead_writer_left_is_swept_and_what_others_write_is_not(folder: Any) -> None:
    dead = publish(folder / "a.txt", "one")  # never left, as by a process that was killed
    left = dead.__enter__()
    left.write(b"half")
    left.close()
    with publish(folder / "a.txt", "two") as file:
        sweep(folder / "a.txt", "one")
        file.write(b"whole")
    assert ((folder / "a.txt").read_bytes(), names(folder)) == (b"whole", ["a.txt"])
