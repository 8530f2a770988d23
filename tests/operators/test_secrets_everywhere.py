"""Distinct secrets everywhere, servers that quote what they are sent, and a search of all that is left."""

from __future__ import annotations

import json
import logging
import re
import socket
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_devo_dga.errors import DevoDgaError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.operators.devo_job import DevoJobOperator
from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.operators.record_training import RecordTrainingOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.operators.send_detections import SendDetectionsOperator
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from tests.hooks.raw_server import RawServer, reply
from tests.model_files import glm_bytes

SECRETS = {
    "token": "tok-4c1d9b7e20aa",
    "JWT": "jwt-93f0b6c1d2ee",
    "API key": "key-6a7705c1b3f4",
    "API secret": "sec-0be81c77d9a2",
    "Model Manager's token": "mmt-71fe20cc94b8",
    "H2O's password": "h2o-58aa1b0c6d3f",
    "MLflow's token": "mlf-e2c7708d19ab",
    "bucket's secret": "bkt-a90d4417fe6c",
    "signature of a URL": "sgn-3d58e0b7712f",
    "proxy's password": "prx-b4471ce09d35",
}
WINDOW = {"from_": "2026-01-01T08:00:00+00:00", "to": "2026-01-01T09:00:00+00:00"}
SIGNED = f"/d.csv?X-Amz-Signature={SECRETS['signature of a URL']}"


def quoting(connection: socket.socket, request: bytes) -> None:
    words = request.decode(errors="replace")
    told = json.dumps({"error": words, "msg": words, "message": words, "error_code": "FORBIDDEN", "code": 12})
    connection.sendall(reply(told.encode(), "Content-Type: application/json", status="403 Forbidden"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawServer]:
    with RawServer(quoting, tmp_path_factory.mktemp("quoting")) as running:
        yield running


@pytest.fixture(scope="module")
def pem() -> dict[str, str]:
    """Return texts of a key and certificates."""
    authority = trustme.CA()
    pair = authority.issue_cert("client.example.com")
    key, cert, chain = pair.private_key_pem, pair.cert_chain_pems[0], authority.cert_pem
    return {
        "private_key": key.bytes().decode(),
        "cert": cert.bytes().decode(),
        "chain": chain.bytes().decode(),
    }


@pytest.fixture
def secrets(server: RawServer, pem: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Put secrets into connections of every type; return them all."""
    secret = SECRETS
    ca = server.ca_file.read_text()

    def define(name: str, conn_type: str, password: str = "", **more: Any) -> None:
        extra = {"verify": ca, "retries": 0, **more.pop("extra", {})}
        at = {"conn_type": conn_type, "host": "127.0.0.1", "port": server.port, "password": password}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(at | more | {"extra": extra}))

    define("by_token", "devo", secret["token"])
    define("by_jwt", "devo", extra={"jwt": secret["JWT"]})
    define("by_key", "devo", extra={"api_key": secret["API key"], "api_secret": secret["API secret"]})
    define("mlmm", "devo_mlmm", secret["Model Manager's token"])
    define("cluster", "h2o", secret["H2O's password"], login="airflow")
    define("history", "mlflow", secret["MLflow's token"])
    define("bucket", "generic", extra={"bucket": "b", "credentials": {"secret": secret["bucket's secret"]}})
    define("events", "devo_events", extra=pem)
    monkeypatch.setenv("HTTPS_PROXY", "http://user:{}@127.0.0.1:9".format(secret["proxy's password"]))
    body = re.sub(r"-----[^-]+-----|\s", "", pem["private_key"])
    return secret | {"private key": body[:40], "private key's end": body[-40:]}


def report(folder: Path) -> dict[str, str]:
    from airflow_provider_devo_dga.reports.files.files import write_report
    from tests.reports.conftest import Hour

    hour = Hour(folder / "rows.parquet")
    for number in range(40):
        hour.add(f"xq{number}zk.ru", ["10.0.0.9"], minute=number / 2)
    for number in range(300):
        hour.add(f"shop{number}.com", ["10.0.0.1"], "0")
    return {"ecs": write_report(hour.summary(), folder / "report").ecs.as_uri()}


def query(conn_id: str) -> Callable[..., Any]:
    return lambda folder, _: DevoQueryOperator(
        task_id="query", query="from a.b", output_path=f"{folder}/r.csv", devo_conn_id=conn_id, **WINDOW
    )


def job(**how: Any) -> Callable[..., Any]:
    return lambda *_: DevoJobOperator(
        task_id="job",
        query="from a.b",
        destination="s3",
        destination_params={"bucket": "b"},
        destination_conn_id="bucket",
        devo_conn_id="by_key",
        **WINDOW,
        **how,
    )


def model(folder: Path) -> str:
    (folder / "m.zip").write_bytes(glm_bytes(TUTORIAL_FEATURES.names, {"entropy": 1.0}, -3.0))
    return (folder / "m.zip").as_uri()


TRAINED = {
    "version": "20260105T030000Z",
    "sha256": "a" * 64,
    "feature_set": {"name": "t", "fingerprint": "f"},
}
TASKS: dict[str, Callable[[Path, RawServer], Any]] = {
    "query by token": query("by_token"),
    "query by JWT": query("by_jwt"),
    "query by key": query("by_key"),
    "sensor": lambda *_: DevoQuerySensor(
        task_id="wait", query="from a.b", devo_conn_id="by_token", deferrable=False, timeout=1, **WINDOW
    ),
    "deferred sensor": lambda *_: DevoQuerySensor(
        task_id="wait", query="from a.b", devo_conn_id="by_key", deferrable=True, timeout=1, **WINDOW
    ),
    "job": job(),
    "deferred job": job(deferrable=True),
    "registration": lambda folder, _: RegisterModelOperator(
        task_id="register", name="m", model_file=model(folder), mlmm_conn_id="mlmm"
    ),
    "events": lambda folder, _: SendDetectionsOperator(
        task_id="send",
        report=report(folder),
        table="my.app.a.b",
        events_conn_id="events",
        devo_conn_id="by_key",
    ),
    "training of a signed URL": lambda folder, server: H2OTrainOperator(
        task_id="train",
        dataset=f"https://127.0.0.1:{server.port}{SIGNED}",
        output_dir=folder.as_uri(),
        h2o_conn_id="cluster",
    ),
    "training": lambda folder, _: H2OTrainOperator(
        task_id="train", dataset=dataset(folder), output_dir=folder.as_uri(), h2o_conn_id="cluster"
    ),
    "history": lambda folder, server: RecordTrainingOperator(
        task_id="record",
        trained=TRAINED | {"model_file": f"https://127.0.0.1:{server.port}/m.zip{SIGNED}"},
        name="m",
        mlflow_conn_id="history",
    ),
    "history in a file": lambda folder, server: RecordTrainingOperator(
        task_id="record",
        trained=TRAINED
        | {
            "model_file": f"https://127.0.0.1:{server.port}{SIGNED}",
            "dataset": {"uri": f"https://h{SIGNED}"},
        },
        name="m",
        history_dir=folder.as_uri(),
    ),
}
SUCCEEDS = {"history in a file", "deferred sensor"}
ASKS_NOBODY = SUCCEEDS | {"events", "training of a signed URL"}  # whose certificate is not trusted
GIVEN = {"dataset", "trained"}  # as the author of the Dag wrote them


def dataset(folder: Path) -> str:
    from tests.training.conftest import synthetic_dataset

    (folder / "d.csv").write_bytes(synthetic_dataset(300))
    return (folder / "d.csv").as_uri()


def lineage(task: Any) -> Iterator[str]:
    """Yield what OpenLineage's own provider sends of a task."""
    from airflow.providers.openlineage.extractors.base import DefaultExtractor
    from openlineage.client.serde import Serde

    for step in ("extract_on_complete", "extract_on_failure"):
        if told := getattr(DefaultExtractor(task), step)(SimpleNamespace(task=task)):
            yield Serde.to_json(told)


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_a_secret_is_nowhere(
    secrets: dict[str, str],
    server: RawServer,
    context: dict[str, Any],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    name: str,
) -> None:
    for logger in ("", "httpx", "httpcore", "urllib3", "fsspec.http"):
        caplog.set_level(logging.DEBUG, logger=logger or None)
    server.requests.clear()
    task, left = TASKS[name](tmp_path, server), []
    left += [repr(getattr(task, field)) for field in task.template_fields if field not in GIVEN]
    try:
        left.append(json.dumps(task.execute(context), default=str))
    except TaskDeferred as deferred:
        left.append(repr(deferred.trigger.serialize()))
    except DevoDgaError as error:
        left += traceback.format_exception(error)
        left.append(repr(vars(error)))
    else:
        assert name in SUCCEEDS
    left += [*lineage(task), caplog.text, *capfd.readouterr()]
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    left += [file.read_text("latin-1") for file in files]
    assert [kind for kind, secret in secrets.items() if any(secret in text for text in left)] == []
    if name not in ASKS_NOBODY:
        assert server.requests


@pytest.mark.slow
def test_a_secret_is_in_no_list_of_processes() -> None:
    with LocalCluster(max_mem="512m", nthreads=1) as cluster:
        about = Path(f"/proc/{cluster.pid}")
        told = (about / "cmdline").read_bytes() + (about / "environ").read_bytes()
        assert b"h2o" in told
        assert cluster.auth[1].encode() not in told
