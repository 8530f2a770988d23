"""The ledger of the fault matrix, whose table ends a run; ``tests/conftest.py`` names this plugin.

A conftest of this folder would not be read by the controller of pytest-xdist, which prints the end."""

from __future__ import annotations

import shutil
import tempfile
from typing import Any

import pytest

from tests.faults.ledger import FOLDER, Ledger, save, tables


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder; a worker is told that of its controller."""
    given = getattr(config, "workerinput", {}).get("fault_matrix")
    config.stash[FOLDER] = given or tempfile.mkdtemp(prefix="fault-matrix-")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the folder is."""
    node.workerinput["fault_matrix"] = node.config.stash[FOLDER]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table."""
    if cells := Ledger(config.stash[FOLDER]).cells():
        text = tables(cells)
        terminalreporter.section("fault matrix")
        terminalreporter.write_line(text)
        terminalreporter.write_line(f"{len(cells)} cells, kept in {save(text, config.rootpath)}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder, when all workers are done with it."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def ledger(pytestconfig: pytest.Config) -> Ledger:
    """Return where cells are noted."""
    return Ledger(pytestconfig.stash[FOLDER])
