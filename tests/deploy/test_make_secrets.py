"""deploy/make_secrets.py writes every secret once, for its owner's eyes, in the form that services read."""

from __future__ import annotations

import base64
import configparser
import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.secrets.local_filesystem import load_connections_dict

from tests.deploy.compose_file import DOCUMENT, ROOT, example_variables


def make(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "deploy" / "make_secrets.py"), "--root", str(root), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def contents(root: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (root / "secrets").iterdir()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_every_secret_of_the_compose_file_is_written(root: Path) -> None:
    for secret in DOCUMENT["secrets"].values():
        assert (root / secret["file"]).stat().st_size > 0


def test_only_the_owner_may_read_them(root: Path) -> None:
    uid = os.geteuid() or int(example_variables()["AIRFLOW_UID"])
    assert stat.S_IMODE((root / "secrets").stat().st_mode) == 0o700
    for path in (root / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
        assert path.stat().st_uid == uid
    assert f"AIRFLOW_UID={uid}\n" in (root / ".env").read_text()


def test_nothing_is_overwritten(root: Path) -> None:
    before = contents(root)
    (root / ".env").write_text("AIRFLOW_UID=1\n")
    done = make(root)
    assert done.returncode == 0
    assert "nothing is missing" in done.stdout
    assert contents(root) == before
    assert (root / ".env").read_text() == "AIRFLOW_UID=1\n"


def test_no_secret_is_printed_and_none_is_twice_the_same(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    done = make(other)
    here, there = contents(root), contents(other)
    assert not {name for name in here if here[name] == there[name]}
    assert not {name for name, secret in there.items() if secret.strip() in done.stdout + done.stderr}


def test_a_file_that_no_longer_fits_is_told_and_made_anew_when_removed(root: Path) -> None:
    (root / "secrets" / "h2o_password").unlink()
    done = make(root)
    assert done.returncode == 1
    assert {line.partition(" ")[0] for line in done.stderr.splitlines()} == {
        "secrets/h2o_realm",
        "secrets/h2o_curl",
    }
    for name in ("h2o_realm", "h2o_curl"):
        (root / "secrets" / name).unlink()
    assert make(root).returncode == 0


def test_services_can_read_them(root: Path) -> None:
    made = contents(root)
    assert len(base64.urlsafe_b64decode(made["airflow_fernet_key"])) == 32
    digest = hashlib.md5(made["h2o_password"].encode()).hexdigest()  # noqa: S324 - what Jetty reads
    assert made["h2o_realm"] == f"airflow: MD5:{digest},user\n"
    auth = configparser.ConfigParser()
    auth.read_string(made["mlflow_auth"])
    assert auth["mlflow"]["admin_password"] == made["mlflow_password"]
    # Airflow takes what the command prints as it is
    assert made["airflow_database_url"] == made["airflow_database_url"].strip()


@pytest.mark.parametrize("sandbox", [False, True])
def test_airflow_can_read_the_connections(tmp_path: Path, sandbox: bool) -> None:
    done = make(tmp_path, *(["--sandbox"] if sandbox else []))
    assert ("needs Devo's token" in done.stdout) is not sandbox
    file = tmp_path / "secrets" / "connections.json"
    found = load_connections_dict(str(file))
    assert {name: connection.conn_type for name, connection in found.items()} == {
        "devo_default": "devo",
        "devo_mlmm_default": "devo_mlmm",
        "h2o_default": "h2o",
        "mlflow_default": "mlflow",
    }
    made = contents(tmp_path)
    assert found["h2o_default"].password == made["h2o_password"]
    assert found["mlflow_default"].password == made["mlflow_password"]
    if sandbox:
        assert found["devo_default"].password == made["sandbox_token"]
        assert json.loads(found["devo_default"].extra) == {"verify": "/srv/sandbox/ca.pem"}
