"""The Java process of one H2O node: how it is started, what it said last, and its certain end."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_LAST_LINES = 15
_STOP_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1


class NodeProcess:
    """A started command, in a folder where its output lies.

    It stays in this process's group, so a signal to the group reaches it; on Linux the kernel also ends it
    when the thread that started it dies, by SIGKILL too.
    """

    def __init__(self, command: list[str], directory: Path) -> None:
        self._output = directory / "output"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_end_with_parent(),  # noqa: PLW1509 - one system call, prepared before the fork
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def has_ended(self, within: float = 0.0) -> bool:
        """Say whether it is over, after that many seconds at most."""
        try:
            self._process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        """Ask the process to end, then make it: SIGTERM, ten seconds, SIGKILL."""
        self._process.terminate()
        try:
            self._process.wait(timeout=_STOP_SECONDS)
        except BaseException:  # a second signal must not leave the node behind
            self._process.kill()
            self._process.wait()
            if not isinstance(sys.exception(), subprocess.TimeoutExpired):
                raise

    def last_output(self) -> str:
        try:
            text = self._output.read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-_LAST_LINES:])

    def death_note(self) -> str:
        status = self._process.poll()
        return f"Its Java process ended with status {status}. Its last output:\n{self.last_output()}"


def _end_with_parent() -> Callable[[], None] | None:
    """Return what a child runs before Java so that Linux kills it with its parent; None elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arm() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the call
            os._exit(1)

    return arm
