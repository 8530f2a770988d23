"""An Airflow home, and a real Devo sandbox over TLS, for every test of the Airflow edge."""

from __future__ import annotations

import atexit
import gc
import json
import os
import shutil
import socket
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

# Airflow reads these when it is imported, and writes its configuration there.
_HOME = tempfile.mkdtemp(prefix="devo-dga-airflow-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ |= {
    "AIRFLOW_HOME": _HOME,
    "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).resolve().parents[1] / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    # no model history, unless a test asks for one
    "DEVO_DGA_HISTORY": "",
}

import pytest  # noqa: E402
import requests  # noqa: E402
import trustme  # noqa: E402
from hypothesis import settings  # noqa: E402

from airflow_provider_devo_dga import redaction  # noqa: E402
from devo_sandbox.linq.types import BY_NAME  # noqa: E402
from devo_sandbox.server import Sandbox  # noqa: E402
from devo_sandbox.tables.events import read as read_events  # noqa: E402
from devo_sandbox.tenant import Habits  # noqa: E402
from tests import examples  # noqa: E402, F401 - registers the profiles

settings.load_profile("quick")
pytest_plugins = ["tests.airflow_parts", "tests.faults.plugin", "tests.h2o_cluster", "tests.model_files"]

FROM, TO = datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2026, 1, 1, 9, tzinfo=UTC)
START_MS = int(FROM.timestamp()) * 1000
_COUNTER = count()

Connect = Callable[..., None]


class Devo:
    """A running sandbox, as its owner sees it: tables, faults, and what was asked."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._tenant = sandbox.tenant
        self.window = {"from_": FROM, "to": TO}
        self._session = requests.Session()
        self._session.trust_env = False  # REQUESTS_CA_BUNDLE would win over our own authority
        self._session.headers["Authorization"] = f"Bearer {sandbox.token}"
        self._session.verify = sandbox.ca_file

    def call(self, method: str, path: str, content: bytes = b"") -> Any:
        url = f"{self.sandbox.base_url}/_sandbox/{path}"
        answer = self._session.request(method, url, data=content, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def table(self, events: Sequence[dict[str, Any]] = (), **columns: str) -> str:
        """Create a table of its own for a test; ``eventdate`` is set where an event lacks it."""
        name = f"test.edge.t{next(_COUNTER)}"
        listed = {"eventdate": "timestamp", **columns}
        self._tenant.tables.create(name, {column: BY_NAME[kind] for column, kind in listed.items()})
        if events:
            self.load(name, events)
        return name

    def load(self, table: str, events: Sequence[dict[str, Any]]) -> None:
        lines = (json.dumps({"eventdate": START_MS + number, **event}) for number, event in enumerate(events))
        tables = self._tenant.tables
        batches = read_events((line.encode() for line in lines), tables.schema(table))
        assert tables.insert(table, batches) == len(events)

    def fault(self, name: str, *, after_rows: int = 0, times: int = 1, **more: Any) -> None:
        """Let the next requests meet a fault: queries, unless ``match``, of ``more``, says otherwise."""
        self._tenant.faults.add({"fault": name, "after_rows": after_rows, "times": times, **more})

    def no_fault(self) -> None:
        """Let no further request meet a fault."""
        self._tenant.faults.clear()

    def jobs(self, name: str = "") -> list[dict[str, Any]]:
        """Return the background jobs, or those of one name."""
        answer = self._session.get(f"{self.sandbox.base_url}/search/jobs", timeout=30)
        return [job for job in answer.json()["object"] if name in {"", job["friendlyName"]}]

    def mark(self) -> None:
        """Begin anew with what ``asked`` tells."""
        self._tenant.requests.clear()

    def asked(self, text: str = "", path: str = "") -> list[dict[str, Any]]:
        """Return this test's requests with ``text`` in the body and ``path`` in the path."""
        return [
            request
            for request in self._tenant.requests.all()
            if text in request["body"] and path in request["path"] and "/_sandbox/" not in request["path"]
        ]


@pytest.hookimpl(tryfirst=True)  # before an order by chance
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker is left alone with one at the end."""
    # seconds, roughly: a test that may take longer than others says so by a timeout of its own
    cost: Counter[Path] = Counter()
    for item in items:
        patience = [mark.args[0] for mark in item.iter_markers("timeout") if mark.args]
        cost[item.path] += max(patience, default=50) if item.get_closest_marker("slow") else 1
    items.sort(key=lambda item: -cost[item.path])


def pytest_unconfigure() -> None:
    """Let what was left out be collected, or DuckDB's binding says at the end that it leaks."""
    gc.unfreeze()


def pytest_collection_finish() -> None:
    """Leave modules and tests out of every later collection of garbage: they stay to the end."""
    gc.freeze()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Serve one sandbox a session, and so one a worker; its token and secret are random."""
    habits = Habits(keep_alive_s=0.2, poll_s=0.05)
    secret = os.urandom(16).hex()
    with Sandbox(api_key=f"key-{secret[:8]}", api_secret=secret, habits=habits) as running:
        yield running


@pytest.fixture(scope="session")
def _owner(sandbox: Sandbox) -> Devo:
    return Devo(sandbox)


@pytest.fixture
def devo(_owner: Devo) -> Iterator[Devo]:
    """Return the sandbox with its administration; planned faults do not outlive the test."""
    _owner.mark()
    yield _owner
    _owner.no_fault()


@pytest.fixture
def connect(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Define an Airflow connection to the sandbox; keywords replace its fields, those of ``extra`` add."""

    def define(
        conn_id: str, conn_type: str = "devo", extra: dict[str, Any] | None = None, **fields: Any
    ) -> None:
        connection = {
            "conn_type": conn_type,
            "host": sandbox.host,
            "port": sandbox.port,
            "password": sandbox.token,
            "extra": {"verify": sandbox.ca_file, **(extra or {})},
        }
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection | fields))

    return define


@pytest.fixture(autouse=True)
def no_secrets_of_others() -> Iterator[None]:
    """Forget a test's secrets behind it: a password such as "another" would be hidden in all that follow."""
    yield
    redaction._kept.clear()


@pytest.fixture
def devo_connections(connect: Connect) -> None:
    """Define the default connections."""
    connect("devo_default", "devo")
    connect("devo_mlmm_default", "devo_mlmm")


@pytest.fixture
def certificate(tmp_path: Path, sandbox: Sandbox) -> dict[str, str]:
    """Return a client's certificate as the extra fields of a ``devo_events`` connection."""
    pair = trustme.CA().issue_cert("client.example.com")
    pair.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    pair.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    return {
        "key": str(tmp_path / "key.pem"),
        "cert": str(tmp_path / "cert.pem"),
        "chain": str(sandbox.ca_file),
    }


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Return a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once."""
    monkeypatch.setattr("airflow_provider_devo_dga.devo_api.attempts._LONGEST_PAUSE", 0.0)


@pytest.fixture(scope="session")
def small_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small labelled dataset of the demo's kind."""
    from demo.dataset import write_dataset

    path = tmp_path_factory.mktemp("dataset") / "dataset.csv.gz"
    write_dataset(path, legit=3000, dga_per_family=150)
    return path


@pytest.fixture
def tiny_dataset(tmp_path: Path) -> Path:
    """Write a dataset that can be opened, and from which nothing could be learned."""
    path = tmp_path / "tiny.csv"
    kinds = (("legit", "legit"), ("dga", "necurs"))
    rows = (f"{kind}{n}.com;{kind}{n};{kind};{family}" for n in range(100) for kind, family in kinds)
    path.write_text("\n".join(["host;domain;class;subclass", *rows, ""]))
    return path
