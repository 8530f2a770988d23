"""A table, and a world in which promotions happen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.operators.promotions import NEW, OLD, World


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    """Return a table of three events; many a module has a table of its own."""
    return devo.table([{"n": 1}, {"n": 2}, {"n": 3}], n="int4")


@pytest.fixture
def world(devo: Any, tmp_path: Path, glm_mojo: Any) -> World:
    table = devo.table([{"host": "example.com"}], host="str")
    return World(tmp_path, table, devo.window, glm_mojo)


@pytest.fixture
def promoted(world: World, context: Any, devo: Any) -> World:
    """Return a world whose old version serves and whose new version is the candidate."""
    world.promote(OLD, context)
    world.register_candidate(NEW, context)
    devo.mark()
    return world
