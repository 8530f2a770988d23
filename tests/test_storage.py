from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath
from upath import UPath

from airflow_provider_devo_dga.errors import StorageError
from airflow_provider_devo_dga.storage import default_store, publish, sweep


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


@pytest.mark.parametrize("kind", [Path, ObjectStoragePath])
def test_a_folder_is_no_file(kind: Any, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is a folder"), publish(kind(str(tmp_path))):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_a_dead_writer_left_is_swept_and_what_others_write_is_not(folder: Any) -> None:
    dead = publish(folder / "a.txt", "one")  # never left, as by a process that was killed
    left = dead.__enter__()
    left.write(b"half")
    left.close()
    with publish(folder / "a.txt", "two") as file:
        sweep(folder / "a.txt", "one")
        file.write(b"whole")
    assert ((folder / "a.txt").read_bytes(), names(folder)) == (b"whole", ["a.txt"])


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that this process takes for the temporary one."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("DEVO_DGA_STORE", raising=False)
    return tmp_path


def test_the_default_store_is_made_for_this_user_alone(temporary: Path) -> None:
    assert default_store() == f"file://{temporary}/devo-dga"
    assert stat.S_IMODE((temporary / "devo-dga").stat().st_mode) == 0o700
    assert default_store() == f"file://{temporary}/devo-dga"


@pytest.mark.parametrize("told", ["s3://bucket/dga", "/srv/dga"])
def test_a_store_that_was_named_is_taken_and_nothing_is_made(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    monkeypatch.setenv("DEVO_DGA_STORE", told)
    assert default_store() == told
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("way", ["link", "dangling", "file", "group", "anyone", "another user's"])
def test_a_default_store_that_others_could_write_to_is_refused(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    folder, elsewhere = temporary / "devo-dga", temporary / "elsewhere"
    match way:
        case "link" | "dangling":
            folder.symlink_to(elsewhere)
            if way == "link":
                elsewhere.mkdir(0o700)
        case "file":
            folder.touch()
        case _:
            folder.mkdir()
            folder.chmod({"group": 0o775, "anyone": 0o777}.get(way, 0o755))
    if way == "another user's":
        monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(StorageError, match=r"devo-dga is not a folder of this user .* set DEVO_DGA_STORE"):
        default_store()


def test_a_temporary_folder_that_is_not_there_is_told(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "absent"))
    with pytest.raises(StorageError, match=r"Cannot make .*: No such file or directory\. Set DEVO_DGA_STORE"):
        default_store()
