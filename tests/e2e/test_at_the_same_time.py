"""Cases that kill no part of Airflow which others need run at the same time: most of each is waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e import cases_celery, cases_timeout, cases_training, outcomes
from tests.e2e.installation import Installation

_AT_ONCE = 3
# the longest first
CASES: Mapping[str, Callable[[Installation, outcomes.Tell, Path], None]] = {
    case.__name__: case
    for case in (
        cases_celery.celery_worker,
        cases_training.cleared,
        cases_training.killed,
        cases_training.evicted,
        cases_training.timed_out,
        cases_training.marked_failed,
        cases_timeout.job_timed_out,
        cases_timeout.deferred_job_timed_out,
    )
}


@pytest.fixture(scope="module")
def started(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[None]]]:
    """Return all cases, under way."""
    root = tmp_path_factory.mktemp("cases")

    def run(name: str) -> None:
        folder = root / f"e2e_{name}"
        folder.mkdir()
        CASES[name](installation, outcomes.teller(), folder)

    assert installation.processes.is_healthy(), "a former test has left Airflow unwell"
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {name: pool.submit(run, name) for name in CASES}
    installation.end_runs()


@pytest.mark.parametrize("name", CASES)
def test_case(started: Mapping[str, Future[None]], name: str) -> None:
    started[name].result()


def test_nothing_is_left_on_the_cluster(
    started: Mapping[str, Future[None]], installation: Installation, told: outcomes.Tell
) -> None:
    failed = [name for name, case in started.items() if isinstance(case.exception(), Exception)]
    assert failed == []
    assert installation.h2o.jobs("e2e_")
    assert installation.h2o.left() == []
    told("H2O cluster", "all of the above", "–", "no frame, no model is left")
