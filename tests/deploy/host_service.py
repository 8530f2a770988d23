"""A service of docker-compose.yaml as a process of this machine: its own command, its own health check."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

_STOP_SECONDS = 15.0
# Airflow's image puts `airflow` before other words
_OWN_PROGRAMS = {"bash", "python"}


class HostService:
    """One service.

    :param service: its entry, with variables filled in.
    :param replaced: what the entry says, and what holds on this machine: paths, host names, ports.
    :param environment: further variables.
    """

    def __init__(
        self,
        name: str,
        service: Mapping[str, Any],
        replaced: Mapping[str, str],
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        self.name = name
        self.log = log
        own = {key: _on_host(value, replaced) for key, value in service.get("environment", {}).items()}
        self.environment = {**_plain_environment(), **own, **environment}
        self.command = [_on_host(word, replaced) for word in _command(service)]
        test = service.get("healthcheck", {}).get("test", ())
        self._check = [_on_host(word, replaced) for word in test]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start its command."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )

    def check(self) -> subprocess.CompletedProcess[str]:
        """Run its health check."""
        kind, *words = self._check
        command = ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def end_of_job(self, seconds: float) -> int:
        """Wait for the end of its command and return its status."""
        assert self._process
        return self._process.wait(seconds)

    @property
    def ended(self) -> bool:
        """Whether its command is over."""
        return self._process is not None and self._process.poll() is not None

    def told(self) -> str:
        """Return the end of what it printed."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def stop(self) -> None:
        """End it with all that it started."""
        process, self._process = self._process, None
        if process is None:
            return
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for child in family:
            if child.is_running():
                child.kill()


def _command(service: Mapping[str, Any]) -> list[str]:
    command = list(service.get("command", ()))
    if service.get("entrypoint") == [] or "mlflow" in service["image"]:
        return command
    return command if command[:1] and command[0] in _OWN_PROGRAMS else ["airflow", *command]


def _on_host(text: Any, replaced: Mapping[str, str]) -> str:
    text = str(text)
    # longest first: one place may be the beginning of another
    for there in sorted(replaced, key=len, reverse=True):
        text = text.replace(there, replaced[there])
    return text


def _plain_environment() -> dict[str, str]:
    """Return little of ours, as a container has none of it."""
    ours = {name: os.environ[name] for name in ("PYTHONPATH", "LANG", "JAVA_HOME") if name in os.environ}
    return {**ours, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
