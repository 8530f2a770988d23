"""The Devo sandbox as a process of its own: started, waited for, ended."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_MODULE = "devo_sandbox"
_READY_SECONDS = 60.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class SandboxAddress:
    """What the sandbox says of itself when it is ready."""

    url: str
    mlmm_url: str
    ca_file: str
    token: str = field(repr=False)

    def load(self, table: str, events: Path) -> None:
        """Load NDJSON events into a table."""
        subprocess.run(
            [
                sys.executable,
                "-m",
                _MODULE,
                "load",
                table,
                str(events),
                "--url",
                self.url,
                "--ca-file",
                self.ca_file,
            ],
            env={**os.environ, "DEVO_SANDBOX_TOKEN": self.token},
            check=True,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def running_sandbox(
    folder: Path,
    log: Path,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[SandboxAddress]:
    """Run a sandbox over TLS on a free port; its data lie in ``folder`` and outlive it.

    :param options: further ones of ``devo-sandbox serve``.
    :param environment: further variables, for what is secret.

    :raises RuntimeError: it did not get ready; carries the end of its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    token = secrets.token_urlsafe(24)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                _MODULE,
                "serve",
                "--data-dir",
                str(folder),
                "--ready-file",
                str(ready),
                *options,
            ],
            # by the environment: a token that the sandbox makes up itself is printed, and this goes to a log
            env={**os.environ, **(environment or {}), "DEVO_SANDBOX_TOKEN": token},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _wait(process, ready, log, token)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path, token: str) -> SandboxAddress:
    deadline = time.monotonic() + _READY_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The sandbox did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)
    facts = json.loads(ready.read_text())
    return SandboxAddress(facts["url"], facts["mlmm_url"], facts["ca_file"], token)
