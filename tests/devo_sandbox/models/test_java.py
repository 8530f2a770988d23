"""Which Java the sandbox starts: the configured one where it is new enough, else its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from devo_sandbox.models import java


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ('JAVA_VERSION="17.0.9"\nOS_NAME="Linux"\n', 17),
        ('IMPLEMENTOR="x"\nJAVA_VERSION="1.8.0_392"\n', 8),
        ('JAVA_VERSION="21"\n', 21),
        ("nothing of it\n", 0),
        (None, 0),
    ],
)
def test_the_configured_one_goes_first_where_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str | None, version: int
) -> None:
    if release is not None:
        (tmp_path / "release").write_text(release)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    homes = list(java._homes())
    assert homes[:-1] == ([tmp_path] if version >= java.OLDEST_JAVA else [])
    assert java._version(tmp_path) == version
    assert java._version(homes[-1]) >= java.OLDEST_JAVA


def test_without_a_configured_one_its_own_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    (home,) = java._homes()
    assert next(home.rglob(java.LIBRARIES[0]), None) or next(home.rglob(java.LIBRARIES[1]), None)
