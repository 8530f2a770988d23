"""End a child process for sure: on request, and with its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

_STOP_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end, then make it: SIGTERM, ten seconds, SIGKILL."""
    process.terminate()
    try:
        process.wait(timeout=_STOP_SECONDS)
    except BaseException:  # a second signal must not leave the node behind
        process.kill()
        process.wait()
        if not isinstance(sys.exception(), subprocess.TimeoutExpired):
            raise


def end_with_parent() -> Callable[[], None] | None:
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
