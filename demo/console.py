"""What a person sees while the demo runs: steps with their times, and where a failed one left its log."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_LOG_TAIL = 40


class StepFailedError(Exception):
    """A step's process ended with an error; the message ends with its log."""


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print a step's name, and its duration when it is done."""
    say(f"  {text:<58}", end="")
    began = time.monotonic()
    yield
    say(f"{time.monotonic() - began:6.1f} s")


def say(text: str = "", *, end: str = "\n") -> None:
    """Print at once, also into a pipe."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


def run_logged(
    command: Sequence[str], log: Path, environment: Mapping[str, str], *, timeout: float = 240.0
) -> None:
    """Run a command with its output in ``log``.

    :param timeout: seconds; a task that waits for its retry would wait for minutes.
    :raises StepFailedError: when it fails or takes longer.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=dict(environment))
        try:
            failed = process.wait(timeout) != 0
        except BaseException as error:
            process.terminate()
            process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            failed = True
    if failed:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_TAIL:])
        raise StepFailedError(f"{' '.join(command[:5])} failed; the end of {log}:\n{tail}")
