"""The code map knows every room, and names nothing that is not there."""

from __future__ import annotations

import re

from tests.docs.generated.place import PACKAGE, ROOT
from tests.docs.generated.rooms import rooms

PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
[MAP] = re.findall(r"^## Code map\n(.*?)^## ", PAGE, re.DOTALL | re.MULTILINE)
TABLE, _, TREE = MAP.partition("<!-- generated: rooms")
PACKAGES = (PACKAGE, "devo_sandbox", "demo", "benchmarks")


def test_every_place_in_the_table_is_there() -> None:
    named = re.findall(r"`([^`]+)`", TABLE)
    assert named
    for path in named:
        assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file(), path


def test_every_room_of_the_provider_is_in_the_table() -> None:
    named = re.findall(r"`([^`]+)`", TABLE)
    for start in (ROOT / PACKAGE).glob("*/__init__.py"):
        room = f"{PACKAGE}/{start.parent.name}/"
        assert any(path.startswith(room) for path in named), f"{room} is in no line of the code map"


def test_the_tree_has_every_package_and_a_line_for_each_room() -> None:
    assert TREE.startswith(f" {' '.join(PACKAGES)} -->")
    lines = rooms(*PACKAGES).splitlines()[1:-1]
    starts = [start for package in PACKAGES for start in (ROOT / package).rglob("__init__.py")]
    assert len(lines) == len(starts)
    for line in lines:
        assert re.fullmatch(r" *\w+/ +\S.+", line), f"{line}: its __init__.py has no docstring"


def test_every_package_of_the_repository_is_in_the_tree() -> None:
    assert {start.parent.name for start in ROOT.glob("*/__init__.py")} == set(PACKAGES)
