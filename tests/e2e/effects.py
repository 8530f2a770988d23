"""What Airflow's tasks did to Devo, counted at the sandbox, a process of its own over TLS."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import psutil
import requests

from demo.sandbox_process import SandboxAddress


class Effects:
    """The sandbox as its owner sees it: gives it events and faults, counts what it was asked."""

    def __init__(self, address: SandboxAddress) -> None:
        parts = urlsplit(address.url)
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._port = parts.port
        self._mlmm = address.mlmm_url
        self._session = requests.Session()
        self._session.trust_env = False  # REQUESTS_CA_BUNDLE would win over our own authority
        self._session.verify = address.ca_file
        self._session.headers["Authorization"] = f"Bearer {address.token}"
        # so that no connection of ours is taken for one of Airflow's
        self._session.headers["Connection"] = "close"

    def table(self, name: str, events: Sequence[dict[str, Any]] = ()) -> None:
        """Create a table with a number in each event."""
        columns = [{"name": "eventdate", "type": "timestamp"}, {"name": "n", "type": "int4"}]
        self._call("POST", f"tables/{name}", json.dumps({"columns": columns}).encode())
        if events:
            self.load(name, events)

    def load(self, table: str, events: Sequence[dict[str, Any]]) -> None:
        """Let events arrive."""
        content = "\n".join(map(json.dumps, events)).encode()
        assert self._call("POST", f"tables/{table}/events", content) == {"inserted": len(events)}

    def fault(self, name: str, **more: Any) -> None:
        """Let the next matching request meet a fault."""
        self._call("POST", "faults", json.dumps({"fault": name, **more}).encode())

    def clear_faults(self) -> None:
        """Forget the faults that nobody met."""
        self._call("DELETE", "faults")

    def queries(self, text: str) -> list[dict[str, Any]]:
        """Return the queries with ``text`` in them, without the counts that prove their answers."""
        asked = self._asked("/search/query", text)
        return [request for request in asked if "count() as rows_n" not in request["body"]]

    def uploads(self, name: str) -> list[dict[str, Any]]:
        """Return the uploads of a file that bears ``name``."""
        return self._asked("/mlmodelmanager/models/images/upload", name)

    def saves(self, name: str) -> list[dict[str, Any]]:
        """Return the requests that make a model; those that were answered have a status."""
        asked = self._asked("/mlmodelmanager/models", f'"{name}"')
        return [request for request in asked if request["path"].endswith("/models")]

    def model(self, name: str) -> bytes | None:
        """Return the file of a registered model, None when there is none."""
        answer = self._session.get(f"{self._mlmm}/models/{name}", params={"fast": "false"}, timeout=30)
        assert answer.ok, answer.text
        return base64.b64decode(answer.json()["image"]["image"]) if answer.content else None

    def jobs(self, table: str) -> list[dict[str, Any]]:
        """Return the jobs over a table."""
        answer = self._session.get(f"{self._base}/search/jobs", timeout=30)
        assert answer.ok, answer.text
        return [job for job in answer.json()["object"] if f"from {table} " in job["query"]]

    def looks(self, job_id: str) -> list[dict[str, Any]]:
        """Return the requests that looked at a job."""
        return self._asked(f"/search/job/{job_id}", "")

    def stops(self, job_id: str) -> int:
        """Return how many requests stopped a job."""
        return len(self._asked(f"/search/job/stop/{job_id}", ""))

    def connections(self) -> int:
        """Return how many connections to the sandbox are open, ours left out."""
        return sum(
            bool(
                link.raddr
                and link.raddr.port == self._port
                and link.status == psutil.CONN_ESTABLISHED
                and link.pid != os.getpid()
            )
            for link in psutil.net_connections("tcp4")
        )

    def _asked(self, path: str, text: str) -> list[dict[str, Any]]:
        log = self._call("GET", "requests")
        return [request for request in log if request["path"].startswith(path) and text in request["body"]]

    def _call(self, method: str, path: str, content: bytes = b"") -> Any:
        answer = self._session.request(method, f"{self._base}/_sandbox/{path}", data=content, timeout=30)
        assert answer.ok, answer.text
        return answer.json()
