"""Airflow's API server with its UI and our plugin, over the tests' own metadata database."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.e2e.airflow_processes import AirflowProcesses, wait_until
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
# `outsider` has no role, so no right; `narrow` sees other Dags only, see dag_rights.py
ROLES = {"boss": "admin", "analyst": "viewer", "narrow": "viewer", "outsider": ""}


@dataclass(frozen=True, slots=True)
class AirflowUi:
    """A running one.

    :param url: without a slash at the end.
    """

    url: str
    processes: AirflowProcesses
    passwords: Mapping[str, str] = field(repr=False)

    def wait(self) -> None:
        """Wait until it answers."""
        wait_until(self._answers, 120, "The API server does not answer", alive=self.processes._check_alive)

    def _answers(self) -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/api/v2/version", timeout=10).ok
        return False

    def token(self, user: str) -> str:
        """Return what Airflow gives a user who logs in."""
        login = {"username": user, "password": self.passwords[user]}
        answer = requests.post(f"{self.url}/auth/token", json=login, timeout=30)
        assert answer.ok, answer.text
        return str(answer.json()["access_token"])


@contextlib.contextmanager
def starting_ui(folder: Path, settings: Mapping[str, str]) -> Iterator[AirflowUi]:
    """Start it; call ``wait`` when it is needed."""
    passwords = {user: secrets.token_urlsafe(12) for user in ROLES}
    (folder / "passwords.json").write_text(json.dumps(passwords))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "PYTHONUNBUFFERED": "1",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__CORE__AUTH_MANAGER": "tests.plugins.dag_rights.DagRights",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "passwords.json"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"{user}:{role}" for user, role in ROLES.items()
        ),
        **settings,
    }
    processes = AirflowProcesses(environment, url, folder / "printed")
    try:
        processes.start("api-server")
        yield AirflowUi(url, processes, passwords)
    finally:
        processes.stop_all()
