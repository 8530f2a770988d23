"""What Airflow's tasks did to an H2O cluster that is not their own, counted at the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests

from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from tests.e2e.airflow_processes import wait_until

OVER = ("DONE", "CANCELLED", "FAILED")


class Trainings:
    """The cluster as its owner sees it."""

    def __init__(self, url: str, auth: tuple[str, str]) -> None:
        self._url = url
        self._auth = auth

    @property
    def password(self) -> str:
        """What a client must know."""
        return self._auth[1]

    def connection(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection."""
        parts = urlsplit(self._url)
        return {
            "conn_type": "h2o",
            "schema": parts.scheme,
            "host": parts.hostname,
            "port": parts.port,
            "login": self._auth[0],
            "password": self._auth[1],
        }

    def jobs(self, prefix: str) -> list[dict[str, Any]]:
        """Return the jobs that train a model whose key begins so, the latest last."""
        found = [
            job
            for job in self._asked("Jobs")["jobs"]
            if job["dest"]["type"] == "Key<Model>" and job["dest"]["name"].startswith(prefix)
        ]
        return sorted(found, key=lambda job: int(job["start_time"]))

    def statuses(self, prefix: str) -> list[str]:
        """Return the words of H2O for these jobs."""
        return [job["status"] for job in self.jobs(prefix)]

    def left(self, part: str = "") -> list[str]:
        """Return the keys of frames and models with ``part`` in them."""
        frames = [frame["frame_id"]["name"] for frame in self._frames()]
        models = [model["model_id"]["name"] for model in self._asked("Models")["models"]]
        return [key for key in [*frames, *models] if part in key]

    def _frames(self) -> list[dict[str, Any]]:
        """Return all frames; H2O refuses the whole list while another case removes one that is in it."""
        found: dict[str, list[dict[str, Any]]] = wait_until(
            self._listed_frames, 30, "frames are removed all the time", every=0.2
        )
        return found["frames"]

    def _listed_frames(self) -> Any:
        answer = self._answer("Frames")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        assert answer.ok, answer.text
        return answer.json()

    def _asked(self, what: str) -> Any:
        answer = self._answer(what)
        assert answer.ok, answer.text
        return answer.json()

    def _answer(self, what: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{self._url}/3/{what}", auth=self._auth, timeout=30)


@contextmanager
def running_cluster() -> Iterator[Trainings]:
    """Run one node; one thread of it trains, so that Airflow has a core to itself."""
    with LocalCluster(max_mem="700m", nthreads=1) as cluster:
        yield Trainings(cluster.url, cluster.auth)
