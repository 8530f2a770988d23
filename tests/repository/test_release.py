"""A tag is released only when version and changelog say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.release import main


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [1.2.3] - 2026-12-01\n")
    return tmp_path


def test_a_tag_of_the_version_with_a_dated_heading_is_released(repository: Path) -> None:
    assert main("v1.2.3", repository) == 0


@pytest.mark.parametrize("tag", ["", "1.2.3", "v1.2.4"])
def test_another_tag_is_refused(tag: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tag, repository) == 1
    assert "tag v1.2.3, or set the version" in capsys.readouterr().out


@pytest.mark.parametrize("heading", ["## [1.2.3] - Unreleased", "## [1.2.30] - 2026-12-01", ""])
def test_a_changelog_without_the_date_is_refused(
    heading: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n")
    assert main("v1.2.3", repository) == 1
    assert "## [1.2.3] - YYYY-MM-DD" in capsys.readouterr().out
