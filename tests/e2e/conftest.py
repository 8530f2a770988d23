"""End to end: real Airflow processes on PostgreSQL, driven over REST, killed on purpose."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import outcomes
from tests.e2e.installation import Installation, running_installation

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies here; where tests run in several processes, one of them has all of these."""
    for item in items:
        if HERE in item.path.parents:
            for mark in (pytest.mark.slow, pytest.mark.e2e, pytest.mark.xdist_group("e2e")):
                item.add_marker(mark)
            item.add_marker(pytest.mark.timeout(600))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was killed, and what came of it."""
    if outcomes.ROWS:
        terminalreporter.section("kill points")
        for line in outcomes.table(outcomes.ROWS):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Return the one Airflow of all tests here."""
    folder = tmp_path_factory.mktemp("e2e")
    began = time.monotonic()
    # tests that are told to end must end what they have started, too
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    with running_installation(folder) as running:
        kind = running.database.partition(":")[0]
        outcomes.ROWS.append(
            outcomes.Outcome("start", "–", f"healthy on {kind}", "–", time.monotonic() - began)
        )
        yield running
    signal.signal(signal.SIGTERM, former)
    shutil.rmtree(folder / "sandbox", ignore_errors=True)


@pytest.fixture
def airflow(installation: Installation) -> Iterator[Installation]:
    """Return the Airflow, well; faults that were planned do not outlive a test."""
    assert installation.processes.is_healthy(), "a former test has left Airflow unwell"
    yield installation
    installation.end_runs()
    installation.devo.clear_faults()


@pytest.fixture
def told() -> Callable[..., None]:
    """Return what adds a row to the table at the end."""
    return outcomes.teller()
