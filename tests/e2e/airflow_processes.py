"""Airflow as it runs in production: an API server, a scheduler, a Dag processor and a triggerer.

Each is a process of its own, that can be killed and started anew; a worker of Celery, too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import requests

COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "api-server": ("--workers", "1"),
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
}
CELERY_WORKER = "celery worker"
_WORKER: Mapping[str, tuple[str, ...]] = {
    CELERY_WORKER: ("--concurrency", "2", "--skip-serve-logs", "--without-mingle", "--without-gossip"),
}
_READY_SECONDS = 180.0
_STOP_SECONDS = 15.0


class AirflowProcesses:
    """The four components over one metadata database, and maybe a worker.

    :param environment: of every component; says where home and database are.
    :param logs: folder for what they print.
    :param celery: whether there is a broker for a worker of Celery.
    """

    def __init__(self, environment: Mapping[str, str], url: str, logs: Path, *, celery: bool = False) -> None:
        self.url = url
        self.logs = logs
        self._components = {**COMPONENTS, **(_WORKER if celery else {})}
        self._environment = dict(environment)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._orphans: list[psutil.Process] = []
        logs.mkdir(parents=True, exist_ok=True)

    def migrate(self) -> None:
        """Make the tables of the metadata database."""
        with (self.logs / "migrate.log").open("wb") as log:
            subprocess.run(self._command("db", "migrate"), check=True, **self._started(log))

    def start(self, component: str) -> None:
        """Start a component; what it prints is added to its log."""
        with self._log(component).open("ab") as log:
            self._running[component] = subprocess.Popen(
                self._command(*component.split(), *self._components[component]), **self._started(log)
            )

    def start_all(self) -> None:
        """Start every component and wait until each of them reports to be well."""
        for component in self._components:
            self.start(component)
        wait_until(self.is_healthy, _READY_SECONDS, "Airflow is not well", alive=self._check_alive)

    def kill(self, component: str, signal_number: signal.Signals) -> None:
        """Send a component a signal and wait for its end; what it had started may live on, as an orphan."""
        process = self._running.pop(component)
        self._orphans += _children(process.pid)
        process.send_signal(signal_number)
        process.wait(60)

    def lose(self, component: str) -> None:
        """Kill a component with everything it has started, as when its machine is gone."""
        process = self._running.pop(component)
        children = _children(process.pid)
        process.kill()
        for child in children:
            _kill(child)
        process.wait(60)

    def stop_all(self) -> None:
        """End everything that was started here, orphans too."""
        children = [child for process in self._running.values() for child in _children(process.pid)]
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for child in [*children, *self._orphans]:
            _kill(child)
        self._running.clear()

    def is_healthy(self) -> bool:
        """Tell whether the API server answers and hears from the others."""
        try:
            health = requests.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        except (OSError, ValueError):
            return False
        parts = ("metadatabase", "scheduler", "dag_processor", "triggerer")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def _check_alive(self) -> None:
        for component, process in self._running.items():
            if process.poll() is not None:
                tail = self._log(component).read_text(errors="replace")[-3000:]
                raise AssertionError(f"{component} ended with {process.returncode}:\n{tail}")

    def _log(self, component: str) -> Path:
        return self.logs / f"{component.replace(' ', '-')}.log"

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "airflow", *arguments]

    def _started(self, log: Any) -> dict[str, Any]:
        return {"env": self._environment, "stdout": log, "stderr": subprocess.STDOUT}


def wait_until(
    is_so: Callable[[], Any],
    seconds: float,
    otherwise: str,
    *,
    alive: Callable[[], None] = lambda: None,
    every: float = 0.3,
) -> Any:
    """Wait for a true answer and return it.

    :raises AssertionError: after ``seconds``, with ``otherwise``.
    """
    deadline = time.monotonic() + seconds
    while not (answer := is_so()):
        alive()
        if time.monotonic() > deadline:
            raise AssertionError(f"{otherwise}, after {seconds:.0f} s")
        time.sleep(every)
    return answer


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not yet asked for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _children(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def _kill(process: psutil.Process) -> None:
    # psutil compares the start time: a number that was given to another process is left alone
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


def kill_task(pid: int, signal_number: signal.Signals) -> None:
    """Send a task's process a signal."""
    os.kill(pid, signal_number)
