"""Each command of docker-compose.yaml is started here, and each health check says that it is well."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.deploy.compose_file import JOBS, SERVICES
from tests.deploy.host_stack import MLFLOW, HostStack, running_stack
from tests.e2e.airflow_processes import wait_until
from tests.e2e.postgres import has_postgres

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_postgres(), reason="PostgreSQL's server or its drivers are not installed"),
]
READY_SECONDS = 240.0
NO_MLFLOW = f"there is no MLflow server in {MLFLOW.parent.name}: make mlflow-server"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostStack]:
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in JOBS])
def test_a_services_command_runs_until_its_health_check_succeeds(stack: HostStack, name: str) -> None:
    if name == "mlflow" and name not in stack.services:
        pytest.skip(NO_MLFLOW)
    stack.wait_healthy(name, time.monotonic() + READY_SECONDS)
    assert not stack.services[name].ended


def test_a_health_check_fails_where_nobody_answers(stack: HostStack) -> None:
    service = stack.services["sandbox"]
    assert service.check().returncode == 0
    service.stop()
    try:
        assert service.check().returncode
    finally:
        service.start()
    stack.wait_healthy("sandbox", time.monotonic() + READY_SECONDS)


def test_the_connections_lead_to_the_services(stack: HostStack) -> None:
    wanted = {"devo.DevoHook": "devo_default", "ml_model_manager.MLModelManagerHook": "devo_mlmm_default"}
    wanted |= {"h2o.H2OHook": "h2o_default"}
    if "mlflow" in stack.services:
        wanted |= {"mlflow.MLflowHook": "mlflow_default"}
    code = f"""
import json
from importlib import import_module
for hook, connection in {wanted!r}.items():
    module, _, name = hook.partition(".")
    made = getattr(import_module("airflow_provider_devo_dga.hooks." + module), name)(connection)
    print("\\n" + json.dumps([connection, *made.test_connection()]))
"""
    # where tasks run
    environment = stack.services["scheduler"].environment
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert [(name, works) for name, works, _ in told] == [(name, True) for name in wanted.values()], told
    assert "with 2 healthy node(s)" in {name: words for name, _, words in told}["h2o_default"]


def test_the_admin_of_the_secrets_logs_in_and_sees_the_dags(stack: HostStack) -> None:
    password = (stack.secrets / "airflow_admin_password").read_text()
    wrong = requests.post(f"{stack.url}/auth/token", json={"username": "admin", "password": "x"}, timeout=10)
    assert wrong.status_code == 401
    login = {"username": "admin", "password": password}
    token = requests.post(f"{stack.url}/auth/token", json=login, timeout=10).json()["access_token"]

    def dags() -> set[str]:
        headers = {"Authorization": f"Bearer {token}"}
        found = requests.get(f"{stack.url}/api/v2/dags", headers=headers, timeout=10).json()["dags"]
        return {dag["dag_id"] for dag in found}

    wanted = {path.stem for path in (Path(__file__).parents[2] / "dags").glob("*.py")}
    wait_until(lambda: dags() >= wanted, 60, "the Dag processor has not found the Dags")


def test_no_service_prints_a_secret(stack: HostStack) -> None:
    made = {path.name: path.read_text().strip() for path in stack.secrets.iterdir()}
    passwords = {
        name: secret for name, secret in made.items() if name.endswith(("password", "token", "key", "secret"))
    }
    assert len(passwords) >= 8
    for log in stack.root.glob("*.log"):
        text = log.read_text(errors="replace")
        assert not {name for name, secret in passwords.items() if secret in text}, log.name
