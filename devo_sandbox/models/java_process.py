"""The Java machine of a sandbox, in a process of its own.

Java takes SIGSEGV for its own purposes, and whoever replaces its handler makes it hang; Airflow does so
whenever it reads a Dag file. So no process that may hold a sandbox holds Java too.
"""

from __future__ import annotations

import atexit
import json
import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from devo_sandbox.models.model import InvalidImageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORKER = "devo_sandbox.models.java_worker"
END_S = 5


class JavaProcessError(RuntimeError):
    """Java refused, or its process ended; the next request starts another."""


class JavaProcess:
    """Starts when first asked; takes one request at a time, and all cores for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def describe(self, path: str) -> dict[str, Any]:
        """Return what the MOJO in a file says of itself.

        :raises InvalidImageError: when it cannot be read, or not be scored row by row.
        """
        with self._exchange():
            return self._asked({"path": path})

    def score(self, path: str, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return genmodel's answers to rows: the label's place or the number, then the probabilities."""
        import numpy as np

        with self._exchange():
            self._asked({"path": path, "rows": len(rows)}, rows)
            answers = np.frombuffer(self._answer())
        return answers.reshape(len(rows), -1)

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    @contextmanager
    def _exchange(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (InvalidImageError, JavaProcessError):
                raise
            except BaseException:
                # an answer may still be on its way, and must not be taken for the next one's
                self._end()
                raise

    def _asked(self, request: dict[str, Any], rows: NDArray[np.float64] | None = None) -> dict[str, Any]:
        connection = self._running()
        try:
            connection.send_bytes(json.dumps(request).encode())
            if rows is not None:
                connection.send_bytes(rows.data.cast("B"))
        except OSError as error:
            raise self._gone() from error
        answer: dict[str, Any] = json.loads(self._answer())
        if "invalid" in answer:
            raise InvalidImageError(answer["invalid"])
        if "failed" in answer:
            raise JavaProcessError(answer["failed"])
        return answer

    def _answer(self) -> bytes:
        try:
            return self._running().recv_bytes()
        except (EOFError, OSError) as error:
            raise self._gone() from error

    def _running(self) -> Connection:
        if self._connection is None:
            ours, theirs = multiprocessing.Pipe()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", WORKER, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
            self._connection = ours
        return self._connection

    def _gone(self) -> JavaProcessError:
        return JavaProcessError(
            f"the Java process ended with exit code {self._end()}; ask again, which starts another"
        )

    def _end(self) -> int | None:
        """Let go of the process; it ends by itself when nobody can ask it any more."""
        if self._connection is None or self._process is None:
            return None
        self._connection.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        code = self._process.returncode
        self._process = self._connection = None
        return code


# One for all sandboxes of this process.
JAVA = JavaProcess()
atexit.register(JAVA.close)
