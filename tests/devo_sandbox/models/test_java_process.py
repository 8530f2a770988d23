"""Java lives in a process of its own: it may die, and its parent may do with signals what it likes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from devo_sandbox.models.java_process import JavaProcess, JavaProcessError
from devo_sandbox.models.model import InvalidImageError

pytestmark = pytest.mark.slow
# A Java machine ends within a second; a core that others use may take its time.
WAIT_S = 60
ROWS = np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 2.0]])


@pytest.fixture
def mojo(tmp_path: Path, glm_mojo: Callable[..., bytes]) -> str:
    file = tmp_path / "glm.zip"
    file.write_bytes(glm_mojo(["a", "b"], {"a": 2.0, "b": -1.0}, 0.5))
    return str(file)


@pytest.fixture
def java() -> Iterator[JavaProcess]:
    process = JavaProcess()
    yield process
    process.close()


def test_it_scores_as_the_formula_says(java: JavaProcess, mojo: str) -> None:
    odds = ROWS @ [2.0, -1.0] + 0.5
    assert java.score(mojo, ROWS)[:, 2] == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-12)


def test_a_killed_process_is_told_and_replaced(java: JavaProcess, mojo: str) -> None:
    before = java.score(mojo, ROWS).tolist()
    # its own, not one found among this process's children: those may be other tests', ended or not
    assert java._process is not None
    java._process.kill()
    with pytest.raises(JavaProcessError, match="ended with exit code -9"):
        java.score(mojo, ROWS)
    assert java.score(mojo, ROWS).tolist() == before


def test_an_answer_that_nobody_took_is_not_the_next_ones(
    java: JavaProcess, mojo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = java.score(mojo, ROWS).tolist()

    def interrupted() -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(java, "_answer", interrupted)
        with pytest.raises(KeyboardInterrupt):
            java.score(mojo, ROWS[:1])
    assert java.score(mojo, ROWS).tolist() == before


def test_a_changed_file_is_read_again(java: JavaProcess, mojo: str, glm_mojo: Callable[..., bytes]) -> None:
    before = java.score(mojo, ROWS).tolist()
    Path(mojo).write_bytes(glm_mojo(["a", "b"], {"a": -2.0}, 0.0))
    assert java.score(mojo, ROWS).tolist() != before


def test_what_is_no_model_is_refused(java: JavaProcess, tmp_path: Path, mojo: str) -> None:
    (tmp_path / "no.zip").write_bytes(b"no model")
    with pytest.raises(InvalidImageError):
        java.describe(str(tmp_path / "no.zip"))
    with pytest.raises(JavaProcessError, match="FileNotFoundError"):
        java.describe(str(tmp_path / "absent.zip"))
    assert java.describe(mojo)["category"] == "Binomial"


def test_a_handler_for_segmentation_faults_in_the_parent_does_no_harm(java: JavaProcess, mojo: str) -> None:
    """Airflow sets one for each Dag file that it reads; a Java machine in this process would hang by it."""
    met: list[int] = []
    former = signal.signal(signal.SIGSEGV, lambda number, _: met.append(number))
    try:
        rows = np.random.default_rng(1).normal(size=(200_000, 2))
        assert len(java.score(mojo, rows)) == len(rows)
    finally:
        signal.signal(signal.SIGSEGV, former)
    assert not met


def test_it_ends_with_its_parent(mojo: str) -> None:
    code = (
        "import os, sys\n"
        "import numpy as np\n"
        "from devo_sandbox.models.java_process import JAVA\n"
        "JAVA.score(sys.argv[1], np.zeros((1, 2)))\n"
        "print(JAVA._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, mojo], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        # not to the end: the worker writes to the same pipe, so that this would wait for what is to be shown
        worker = int(parent.stdout.readline())
        assert parent.wait(WAIT_S) == -signal.SIGKILL
    deadline = time.monotonic() + WAIT_S
    while not _ended(worker):
        assert time.monotonic() < deadline, "the worker outlives its parent"
        time.sleep(0.05)


def _ended(number: int) -> bool:
    """Whether a process is gone, or waits for somebody to note its end, who may not be there."""
    try:
        return psutil.Process(number).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
