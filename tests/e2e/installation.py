"""One Airflow, one sandbox, one store: what all end-to-end tests share."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airflow_provider_devo_dga.example_dags_path import example_dags_path
from demo.airflow_home import airflow_environment
from demo.sandbox_process import SandboxAddress, running_sandbox
from tests.e2e.airflow_processes import AirflowProcesses, wait_until
from tests.e2e.effects import Effects
from tests.e2e.postgres import has_postgres, running_postgres
from tests.e2e.redis_server import has_celery, running_redis
from tests.e2e.rest_api import AirflowApi, Run
from tests.e2e.trainings import Trainings, running_cluster
from tests.ports import free_port
from tests.training.conftest import synthetic_dataset

DAGS = (
    "dga_hourly_report",
    "e2e_wait",
    "e2e_poke",
    "e2e_read",
    "e2e_register",
    "e2e_job",
    "e2e_deferred_job",
    "e2e_job_timeout",
    "e2e_deferred_job_timeout",
    "e2e_train",
    "e2e_train_kept",
    "e2e_train_timeout",
)
CELERY_DAGS = ("e2e_celery_job",)
SQLITE_VARIABLE = "E2E_SQLITE"
"""Set it to keep Airflow's metadata in SQLite where PostgreSQL is there, too."""
SIGNED = "devo_signed"
H2O = "h2o_e2e"
_USER = "tester"
_DATASET = "domains.csv"
# Airflow's own defaults notice a death after 30 s to 300 s.
_IMPATIENT = {
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "10",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
}


@dataclass(frozen=True)
class Installation:
    """Everything that runs.

    :param folder: home, logs and store lie below it.
    :param h2o: a cluster that outlives its trainings.
    :param celery: whether a worker of Celery runs.
    :param secrets: what must be found nowhere.
    :param database: URL of the metadata database.
    """

    folder: Path
    processes: AirflowProcesses
    api: AirflowApi
    devo: Effects
    h2o: Trainings
    celery: bool
    address: SandboxAddress = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    database: str = field(repr=False)
    runs: list[Run] = field(default_factory=list, repr=False)

    @property
    def dataset(self) -> str:
        """URI of a few labelled domains."""
        return (self.folder / _DATASET).as_uri()

    def run(self, dag_id: str, **conf: Any) -> Run:
        """Start a run of a Dag by hand."""
        run = Run(self.api, dag_id, conf)
        self.runs.append(run)
        return run

    def end_runs(self) -> None:
        """End what a test that failed has left running, so that the next one counts its own effects only."""
        while self.runs:
            self.runs.pop().end()


@contextlib.contextmanager
def running_installation(folder: Path) -> Iterator[Installation]:
    """Start all of it, once for all tests; end all of it."""
    secret = secrets.token_hex(16)
    keys = ("--api-key", f"key-{secret[:8]}")
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(_sandbox(folder, keys, secret))
        home = folder / "home"
        home.mkdir()
        database = _database(stack, home)
        h2o = stack.enter_context(running_cluster())
        (folder / _DATASET).write_bytes(synthetic_dataset(300))
        broker = stack.enter_context(running_redis()) if has_celery() else None
        port = free_port()
        password = secrets.token_urlsafe(12)
        (home / "passwords.json").write_text(json.dumps({_USER: password}))
        environment = airflow_environment(home, address, folder / "dataset.csv.gz", folder / "store")
        environment |= _settings(home, database, port) | (_celery(broker) if broker else {})
        processes = AirflowProcesses(
            environment, f"http://127.0.0.1:{port}", folder / "printed", celery=bool(broker)
        )
        processes.migrate()
        stack.callback(processes.stop_all)
        processes.start_all()
        api = AirflowApi(processes.url, _USER, password)
        _prepare(api, (*DAGS, *(CELERY_DAGS if broker else ())))
        _connect(api, address, keys[1], secret)
        api.add_connection(H2O, **h2o.connection())
        known = {"token": address.token, "API secret": secret, "H2O password": h2o.password}
        yield Installation(
            folder, processes, api, Effects(address), h2o, bool(broker), address, known, database
        )


@contextlib.contextmanager
def _sandbox(folder: Path, keys: tuple[str, ...], secret: str) -> Iterator[SandboxAddress]:
    environment = {"DEVO_SANDBOX_API_SECRET": secret}
    with running_sandbox(folder / "sandbox", folder / "sandbox.log", keys, environment) as address:
        yield address


def _database(stack: contextlib.ExitStack, home: Path) -> str:
    if os.environ.get(SQLITE_VARIABLE) or not has_postgres():
        return f"sqlite:///{home}/airflow.db"
    return stack.enter_context(running_postgres())


def _settings(home: Path, database: str, port: int) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}"
    bundles = [
        {
            "name": name,
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(path)},
        }
        for name, path in (("examples", example_dags_path()), ("tests", Path(__file__).parent / "dags"))
    ]
    return _IMPATIENT | {
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": _fernet_key(),
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{_USER}:admin",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        # Dags run when a test says so
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
    }


def _celery(broker: str) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor,CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": broker,
        "AIRFLOW__CELERY__RESULT_BACKEND": broker,
    }


def _fernet_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def _prepare(api: AirflowApi, dag_ids: Sequence[str]) -> None:
    """Wait for the Dags, and switch them on."""
    wait_until(lambda: api.has_dags(*dag_ids), 120, f"The Dag processor has not found {', '.join(dag_ids)}")
    for dag_id in dag_ids:
        api.switch_on(dag_id)


def _connect(api: AirflowApi, address: SandboxAddress, key: str, secret: str) -> None:
    """Store a connection that signs in the metadata database."""
    extra = {"api_key": key, "api_secret": secret, "verify": address.ca_file}
    host, _, port = address.url.removeprefix("https://").partition("/")[0].partition(":")
    api.add_connection(SIGNED, conn_type="devo", host=host, port=int(port), extra=json.dumps(extra))
