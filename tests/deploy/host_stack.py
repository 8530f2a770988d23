"""All services of docker-compose.yaml on this machine, without Docker.

What differs is said here and nowhere else: folders for volumes, 127.0.0.1 with a free port for each service's
name, and PostgreSQL's server, which is started by ``tests.e2e.postgres`` and not by its image.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.deploy.compose_file import ROOT, SERVICES, example_variables, filled
from tests.deploy.host_service import HostService
from tests.e2e.postgres import running_postgres
from tests.ports import free_port

# where `make mlflow-server` puts the server: its packages do not fit beside Airflow's
MLFLOW = ROOT / "build" / "mlflow-server" / "bin"
_LOOPBACK = "127.0.0.1"
_AIRFLOW = ("migrate", "api-server", "scheduler", "dag-processor", "triggerer")
_MIGRATE_SECONDS = 240.0


class HostStack:
    """The services that can run here, started in the order of ``depends_on``."""

    def __init__(self, root: Path, database: str) -> None:
        self.root = root
        self.ports = {name: free_port() for name in ("api-server", "scheduler-health", "mlflow", "sandbox")}
        first, second = free_port(2), free_port(2)
        self.ports |= {"h2o-1": first, "h2o-2": second}
        self._postgres = database.rpartition("@")[2].partition("/")[0]
        self._fill(database)
        self.services = {name: self._service(name) for name in SERVICES}
        if not (MLFLOW / "mlflow").exists():
            del self.services["mlflow"]

    @property
    def secrets(self) -> Path:
        """The folder that is /run/secrets."""
        return self.root / "secrets"

    @property
    def url(self) -> str:
        """Airflow's address."""
        return f"http://{_LOOPBACK}:{self.ports['api-server']}"

    def start(self) -> None:
        """Start everything; what needs tables waits for the job that makes them."""
        alone = [name for name in self.services if name not in {*_AIRFLOW, "postgres"}]
        for name in ("migrate", *alone):
            self.services[name].start()
        job = self.services["migrate"]
        assert job.end_of_job(_MIGRATE_SECONDS) == 0, job.told()
        for name in _AIRFLOW[1:]:
            self.services[name].start()

    def stop(self) -> None:
        """End everything, all at once."""
        with ThreadPoolExecutor(len(self.services)) as threads:
            list(threads.map(HostService.stop, self.services.values()))

    def wait_healthy(self, name: str, deadline: float) -> None:
        """Run a service's own health check until it succeeds.

        :raises AssertionError: it ended, or time is over.
        """
        service = self.services[name]
        while (done := service.check()).returncode:
            told = f"{name}: {done.stdout}{done.stderr}\n{service.told()}"
            assert not service.ended, told
            assert time.monotonic() < deadline, told
            time.sleep(1)

    def _fill(self, database: str) -> None:
        """Make secrets, folders and databases as ``make secrets``, Dockerfile and volumes would."""
        script = [sys.executable, str(ROOT / "deploy" / "make_secrets.py"), "--sandbox"]
        subprocess.run([*script, "--root", str(self.root)], check=True, capture_output=True)
        for folder in ("tmp", "store", "sandbox", "artifacts", "airflow/dags"):
            (self.root / folder).mkdir(parents=True)
        for dag in (ROOT / "dags").glob("*.py"):
            shutil.copy(dag, self.root / "airflow" / "dags")
        _own_roles(database, (self.secrets / "airflow_database_password").read_text())
        nodes = "".join(f"{_LOOPBACK}:{self.ports[name]}\n" for name in ("h2o-1", "h2o-2"))
        (self.root / "nodes").write_text(nodes)
        for name in ("airflow_database_url", "mlflow_database_url", "mlflow_auth"):
            file = self.secrets / name
            file.write_text(file.read_text().replace("postgres:5432", self._postgres))
        self._own_connections()
        host, _, port = self._postgres.partition(":")
        password = (self.secrets / "airflow_database_password").read_text()
        initialise = HostService(
            "mlflow-database",
            {"command": [str(ROOT / "deploy" / "mlflow-database.sh")], "entrypoint": [], "image": ""},
            {},
            {"POSTGRES_USER": "airflow", "POSTGRES_DB": "airflow"}
            | {"PGHOST": host, "PGPORT": port, "PGPASSWORD": password},
            self.root / "mlflow-database.log",
        )
        # the script itself, but for the path of its secret
        text = (ROOT / "deploy" / "mlflow-database.sh").read_text().replace("/run/secrets", str(self.secrets))
        initialise.command = ["/bin/sh", "-c", text]
        initialise.start()
        assert initialise.end_of_job(30) == 0, initialise.told()

    def _own_connections(self) -> None:
        file = self.secrets / "connections.json"
        found: dict[str, Any] = json.loads(file.read_text())
        for name in ("devo_default", "devo_mlmm_default"):
            found[name] |= {"host": "localhost", "port": self.ports["sandbox"]}
            found[name]["extra_dejson"]["verify"] = str(self.root / "sandbox" / "ca.pem")
        found["h2o_default"] |= {"host": _LOOPBACK, "port": self.ports["h2o-1"]}
        found["mlflow_default"]["host"] = f"http://{_LOOPBACK}:{self.ports['mlflow']}"
        file.write_text(json.dumps(found))

    def _service(self, name: str) -> HostService:
        variables = example_variables() | {"H2O_MEMORY": "512m"}
        service = filled(SERVICES[name], variables)
        return HostService(
            name, service, self._replaced(name), self._environment(name), self.root / f"{name}.log"
        )

    def _replaced(self, name: str) -> dict[str, str]:
        from airflow_provider_devo_dga.models.java import find_h2o_jar, find_java

        paths = {
            "/run/secrets": str(self.secrets),
            "/tmp/users.json": str(self.root / "tmp" / "users.json"),  # noqa: S108 - of the container
            "/tmp/h2o": str(self.root / "tmp" / name),  # noqa: S108
            "/srv/devo-dga": str(self.root / "store"),
            "/srv/sandbox": str(self.root / "sandbox"),
            "/srv/mlflow": str(self.root / "artifacts"),
            "/etc/h2o/nodes": str(self.root / "nodes"),
            "/opt/h2o/java": str(find_java()),
            "/opt/h2o/h2o.jar": str(find_h2o_jar()),
        }
        api, health = self.ports["api-server"], self.ports["scheduler-health"]
        if name in _AIRFLOW:
            here = {"api-server:8080": f"{_LOOPBACK}:{api}", "localhost:8080": f"{_LOOPBACK}:{api}"}
            return paths | here | {"localhost:8974": f"{_LOOPBACK}:{health}"}
        port = str(self.ports.get(name, ""))
        own = {
            "h2o-1": {"54321": port, "h2o-1": _LOOPBACK, "localhost": _LOOPBACK},
            "h2o-2": {"54321": port, "h2o-2": _LOOPBACK, "localhost": _LOOPBACK},
            "mlflow": {"5000": port, "0.0.0.0": _LOOPBACK},  # noqa: S104 - of the container
            "sandbox": {"8443": port, "--host sandbox": "--host localhost", "//sandbox": "//localhost"},
        }
        return paths | own.get(name, {})

    def _environment(self, name: str) -> dict[str, str]:
        home = {"HOME": str(self.root), "TMPDIR": str(self.root / "tmp")}
        if name == "postgres":
            return home | {"PGPORT": self._postgres.partition(":")[2]}
        if name == "mlflow":
            return home | {"PATH": f"{MLFLOW}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": ""}
        if name not in _AIRFLOW:
            return home
        return home | {
            "AIRFLOW_HOME": str(self.root / "airflow"),
            # containers have these ports for themselves
            "AIRFLOW__API__HOST": _LOOPBACK,
            "AIRFLOW__API__PORT": str(self.ports["api-server"]),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.ports["scheduler-health"]),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        }


@contextlib.contextmanager
def running_stack(root: Path) -> Iterator[HostStack]:
    """Run every service; end every one."""
    with running_postgres() as database:
        stack = HostStack(root, database)
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()


def _own_roles(database: str, password: str) -> None:
    """Make what PostgreSQL's image makes of POSTGRES_DB and POSTGRES_PASSWORD_FILE."""
    import psycopg2

    connection = psycopg2.connect(database.replace("+psycopg2", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE airflow")
        cursor.execute("ALTER ROLE airflow PASSWORD %s", (password,))
    connection.close()
