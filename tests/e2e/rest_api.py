"""Airflow's REST API, as much of it as the tests drive Airflow with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests

from tests.e2e.airflow_processes import wait_until

ENDED = ("success", "failed")


class AirflowApi:
    """A user of Airflow's API.

    :param url: of the API server, without a path.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        login = {"username": user, "password": password}
        token = self._session.post(f"{url}/auth/token", json=login, timeout=60)
        assert token.ok, token.status_code
        self._session.headers["Authorization"] = f"Bearer {token.json()['access_token']}"

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the answer of ``/api/v2/<path>``."""
        answer = self._session.request(
            method, f"{self._url}/api/v2/{path}", json=body, params=query, timeout=60
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:1000]}"
        return answer.json() if answer.content else None

    def has_dags(self, *dag_ids: str) -> bool:
        """Tell whether the Dag processor has found the Dags."""
        return set(dag_ids) <= {dag["dag_id"] for dag in self.call("GET", "dags", limit=100)["dags"]}

    def switch_on(self, dag_id: str) -> None:
        """Let the Dag's runs be scheduled."""
        self.call("PATCH", f"dags/{dag_id}", {"is_paused": False})

    def add_connection(self, connection_id: str, **fields: Any) -> None:
        """Store a connection in the metadata database."""
        self.call("POST", "connections", {"connection_id": connection_id, **fields})


class Run:
    """One run of a Dag, started by hand."""

    def __init__(self, api: AirflowApi, dag_id: str, conf: Mapping[str, Any]) -> None:
        self._api = api
        self.dag_id = dag_id
        asked = {"logical_date": None, "conf": dict(conf)}
        self.run_id: str = api.call("POST", f"dags/{dag_id}/dagRuns", asked)["dag_run_id"]
        self._path = f"dags/{dag_id}/dagRuns/{quote(self.run_id, safe='')}"

    def state(self) -> str:
        """Return the run's state."""
        return str(self._api.call("GET", self._path)["state"])

    def task(self, task_id: str) -> dict[str, Any]:
        """Return a task instance."""
        found: dict[str, Any] = self._api.call("GET", f"{self._path}/taskInstances/{task_id}")
        return found

    def states(self) -> dict[str, str]:
        """Return the tasks' states."""
        listed = self._api.call("GET", f"{self._path}/taskInstances")["task_instances"]
        return {_told(task): task["state"] for task in listed}

    def wait(self, seconds: float = 90) -> str:
        """Wait for the run's end; return its state."""
        state = wait_until(
            lambda: self.state() if self.state() in ENDED else None,
            seconds,
            f"{self.dag_id} has not ended",
            alive=lambda: None,
        )
        return str(state)

    def wait_for(self, task_id: str, *states: str, seconds: float = 60) -> dict[str, Any]:
        """Wait until a task is in one of the states; return it."""

        def found() -> dict[str, Any] | None:
            task = self.task(task_id)
            return task if task["state"] in states else None

        found_task: dict[str, Any] = wait_until(found, seconds, f"{task_id} is not {' or '.join(states)}")
        return found_task

    def clear(self, task_id: str) -> None:
        """Let a task run anew, as by *Clear* in the UI."""
        body = {"dry_run": False, "dag_run_id": self.run_id, "task_ids": [task_id], "only_failed": False}
        self._api.call("POST", f"dags/{self.dag_id}/clearTaskInstances", body)

    def mark_failed(self, task_id: str) -> None:
        """Set a task's state to failed, as by *Mark as failed* in the UI."""
        self._api.call("PATCH", f"{self._path}/taskInstances/{task_id}", {"new_state": "failed"})

    def end(self) -> None:
        """Fail the run if it has not ended."""
        if self.state() not in ENDED:
            self._api.call("PATCH", self._path, {"state": "failed"})

    def log(self, task_id: str, attempt: int = 1, *, map_index: int = -1) -> str:
        """Return the log of a task's try."""
        path = f"{self._path}/taskInstances/{task_id}/logs/{attempt}"
        found = self._api.call("GET", path, map_index=map_index)
        return "\n".join(
            line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
            for line in found["content"]
        )

    def returned(self, task_id: str, *, map_index: int = -1) -> Any:
        """Return what a task's ``execute`` returned."""
        path = f"{self._path}/taskInstances/{task_id}/xcomEntries/return_value"
        asked = {"deserialize": "false", "stringify": "false", "map_index": map_index}
        return self._api.call("GET", path, **asked)["value"]

    def asset_events(self) -> list[dict[str, Any]]:
        """Return the asset events that the run has made."""
        found: list[dict[str, Any]] = self._api.call("GET", "assets/events", source_run_id=self.run_id)[
            "asset_events"
        ]
        return found


def _told(task: Mapping[str, Any]) -> str:
    """Return a task instance's name, with its index where it is mapped."""
    index = task["map_index"]
    return str(task["task_id"]) if index < 0 else f"{task['task_id']}[{index}]"
