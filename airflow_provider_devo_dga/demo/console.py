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


def run_logged(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
    """Run a command with its output in ``log``.

    :raises StepFailedError: when it fails.
    """
    with log.open("wb") as output:
        done = subprocess.run(
            command, stdout=output, stderr=subprocess.STDOUT, env=dict(environment), check=False
        )
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_TAIL:])
        raise StepFailedError(f"{' '.join(command[:5])} failed; the end of {log}:\n{tail}")
