"""An Airflow home, and a real Devo sandbox over TLS, for every test of the Airflow edge."""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import shutil
import socket
import tempfile
import zipfile
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
from tests.ports import free_port  # noqa: E402
from tests.statsd_server import StatsdServer  # noqa: E402

settings.load_profile("quick")
pytest_plugins = ["tests.faults.plugin", "tests.h2o_cluster"]

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
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[StatsdServer]:
    """Serve StatsD, and set Airflow to send its metrics there, as ``airflow.cfg`` would."""
    from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
    from airflow.sdk.observability import stats
    from airflow.sdk.observability.metrics.stats_utils import get_stats_factory

    with StatsdServer() as server:
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_HOST", "127.0.0.1")
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_PORT", str(server.port))
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED", "True")
        # as Airflow's task runner does when a task starts
        stats.initialize(factory=get_stats_factory(), export_legacy_names=True)
        yield server
        stats.initialize(factory=NoStatsLogger, export_legacy_names=True)


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
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Serve SMTP for the connection ``smtp_default``; holds the envelopes of what was mailed."""
    from aiosmtpd.controller import Controller

    arrived: list[Any] = []

    class Keep:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            arrived.append(envelope)
            return "250 OK"

    serving = Controller(Keep(), hostname="127.0.0.1", port=free_port())
    serving.start()
    extra = {"disable_ssl": True, "disable_tls": True}
    smtp = {"conn_type": "smtp", "host": "127.0.0.1", "port": serving.port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp))
    monkeypatch.setenv("DEVO_DGA_MAIL_TO", "soc@example.com,duty@example.com")
    yield arrived
    serving.stop()


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
def glm_mojo() -> Callable[..., bytes]:
    """Return a maker of MOJOs by hand: a binomial GLM, small, and different for each weight.

    H2O's own classes read and score it like any other; no cluster has to train it.
    """
    return _glm_mojo


def _glm_mojo(
    columns: Sequence[str], weights: dict[str, float], intercept: float, threshold: float = 0.5
) -> bytes:
    inputs = len(columns)
    beta = [weights.get(name, 0.0) for name in columns]
    info: dict[str, object] = {
        "h2o_version": "3.46.0.11",
        "mojo_version": "1.00",
        "algo": "glm",
        "algorithm": "Generalized Linear Modeling",
        "endianness": "LITTLE_ENDIAN",
        "category": "Binomial",
        "uuid": "1",
        "supervised": "true",
        "n_features": inputs,
        "n_classes": 2,
        "n_columns": inputs + 1,
        "n_domains": 1,
        "balance_classes": "false",
        "default_threshold": threshold,
        "prior_class_distrib": "[0.5, 0.5]",
        "model_class_distrib": "[0.5, 0.5]",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "use_all_factor_levels": "false",
        "cats": 0,
        "cat_offsets": "[0]",
        "nums": inputs,
        "num_means": [0.0] * inputs,
        "mean_imputation": "true",
        "beta": [*beta, intercept],
        "family": "binomial",
        "link": "logit",
    }
    lines = ["[info]", *(f"{name} = {value}" for name, value in info.items()), ""]
    lines += ["[columns]", *columns, "malicious", "", "[domains]", f"{inputs}: 2 d000.txt", ""]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # a ZipInfo has a fixed date, so that equal arguments give equal bytes
        archive.writestr(zipfile.ZipInfo("model.ini"), "\n".join(lines))
        archive.writestr(zipfile.ZipInfo("domains/d000.txt"), "0\n1\n")
    return buffer.getvalue()


@pytest.fixture
def context() -> dict[str, Any]:
    """Return as much of a task's context as the operators read, made of Airflow's own parts."""
    from airflow.sdk.api.datamodels._generated import DagRun, DagRunState, DagRunType
    from airflow.sdk.execution_time.context import OutletEventAccessors

    run_after = datetime(2026, 1, 5, 3, tzinfo=UTC)
    run = DagRun(
        dag_id="a_dag",
        run_id="manual__2026-01-05T03:00:00+00:00",
        run_after=run_after,
        run_type=DagRunType.MANUAL,
        logical_date=None,
        data_interval_start=None,
        data_interval_end=None,
        end_date=None,
        partition_key=None,
        start_date=run_after,
        state=DagRunState.RUNNING,
        consumed_asset_events=[],
    )
    return {"dag_run": run, "run_id": run.run_id, "outlet_events": OutletEventAccessors(), "params": {}}


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Make Airflow's metadata database, for ``dag.test()``."""
    from airflow.utils.db import initdb

    initdb()


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


WEIGHTS = {2: [[1.0, -1.0], [2.0, 0.5]], 3: [[1.0], [2.0], [4.0]]}


def onnx_bytes(
    width: int = 2,
    batch: str | int | None = "rows",
    kind: str = "FLOAT",
    rank: int = 2,
    bias: float = 0.0,
) -> bytes:
    """Return a linear model: of width 2 (a + 2b, b/2 - a), of width 3 a + 2b + 4c, each plus ``bias``."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    number = getattr(TensorProto, kind)
    dtype = {"FLOAT": np.float32, "DOUBLE": np.float64}[kind]
    weights = np.array(WEIGHTS[width], dtype)
    shape = [batch, width] if rank == 2 else [batch, 1, width]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["xw"]), helper.make_node("Add", ["xw", "b"], ["y"])],
        "linear",
        [helper.make_tensor_value_info("x", number, shape)],
        [helper.make_tensor_value_info("y", number, [*shape[:-1], weights.shape[1]])],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.array([bias], dtype), "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content: bytes = model.SerializeToString()
    return content


@pytest.fixture
def onnx_file(tmp_path: Path) -> Callable[..., Path]:
    """Make the file of a tiny ONNX model; see ``onnx_bytes``."""

    def make(name: str = "linear", **shape: Any) -> Path:
        file = tmp_path / f"{name}.onnx"
        file.write_bytes(onnx_bytes(**shape))
        return file

    return make
