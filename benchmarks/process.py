"""A sandbox in a process of its own, as a user starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from devo_sandbox.tables.tables import Tables

TOKEN = "benchmark"  # noqa: S105 - of a server on this machine, for the time of a run
MIB = 1024 * 1024


class SandboxProcess:
    """A running ``devo-sandbox serve`` over tables that ``prepare`` fills."""

    def __init__(self, prepare: Callable[[Tables], object]) -> None:
        self._directory = TemporaryDirectory(prefix="devo-sandbox-bench-")
        tables = Tables(Path(self._directory.name))
        prepare(tables)
        tables.close()

    def __enter__(self) -> SandboxProcess:
        command = [sys.executable, "-m", "devo_sandbox", "serve", "--token", TOKEN]
        self._process = subprocess.Popen(
            [*command, "--data-dir", self._directory.name], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        ready = json.loads(self._process.stdout.readline())
        self.url: str = ready["url"]
        self.ca_file: str = ready["ca_file"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._directory.cleanup()

    def client(self, address: str | None = None, ca_file: str | None = None) -> Any:
        """Return devo-sdk's client, as its documentation has it."""
        from devo.api import SIMPLECOMPACT_TO_ARRAY, Client, ClientConfig

        config = ClientConfig(response="json/simple/compact", processor=SIMPLECOMPACT_TO_ARRAY, stream=True)
        return Client(
            address=address or self.url,
            auth={"token": TOKEN},
            config=config,
            verify=ca_file or self.ca_file,
            timeout=600,
        )

    def memory_mib(self) -> float:
        """Return the resident memory of the process."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(kilobytes) * 1024 / MIB
