"""Which Java is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_devo_dga.errors import H2OClusterError
from airflow_provider_devo_dga.models import java


def fake_java(folder: Path, version: str, *, status: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "java"
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-01' >&2\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def no_other_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(java, "_bundled_java", lambda: None)


@pytest.mark.parametrize(
    ("text", "version"),
    [("1.8.0_392", 8), ("11.0.20", 11), ("17.0.15", 17), ("17", 17), ("21.0.1", 21), ("23-ea", 23)],
)
def test_version_is_read(tmp_path: Path, text: str, version: int) -> None:
    assert java.java_version(fake_java(tmp_path, text)) == version


def test_what_is_no_java_has_no_version(tmp_path: Path) -> None:
    (tmp_path / "java").write_text("not a program")
    assert java.java_version(tmp_path / "java") is None
    assert java.java_version(tmp_path / "absent") is None


def test_java_home_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = fake_java(tmp_path / "home" / "bin", "11.0.1")
    fake_java(tmp_path / "path", "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert java.find_java() == home


def test_an_unsupported_java_home_gives_way_to_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path / "home" / "bin", "21.0.1")
    on_path = fake_java(tmp_path / "path", "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert java.find_java() == on_path


@pytest.mark.parametrize("version", ["1.7.0_80", "21.0.1"])
def test_an_unsupported_java_gives_way_to_the_bundled_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    fake_java(tmp_path / "path", version)
    bundled = fake_java(tmp_path / "bundled", "17.0.1")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(java, "_bundled_java", lambda: bundled)
    assert java.find_java() == bundled


def test_no_java_is_an_error_with_the_remedy() -> None:
    with pytest.raises(H2OClusterError, match=r"found none\. Run: pip install .*\[h2o\]"):
        java.find_java()


def test_unsupported_javas_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path / "path", "21.0.1")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "absent"))
    with pytest.raises(H2OClusterError, match="JAVA_HOME: not usable; java on PATH: version 21"):
        java.find_java()
