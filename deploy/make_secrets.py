"""Write the secrets of docker-compose.yaml into files that only their owner can read.

``python3 deploy/make_secrets.py`` writes what is missing and never overwrites a file.
Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# of the user in Airflow's image; for whoever is root here, as no container may be
_IMAGE_UID = 50000
_PLACEHOLDER = "PUT-THE-TOKEN-HERE"


def _hex() -> str:
    # goes into URLs, an INI file and a curl file as it is
    return secrets.token_hex(24)


def _fernet() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


MADE: Mapping[str, Callable[[], str]] = {
    "airflow_database_password": _hex,
    "airflow_fernet_key": _fernet,
    "airflow_jwt_secret": _hex,
    "airflow_api_secret_key": _hex,
    "airflow_admin_password": _hex,
    "h2o_password": _hex,
    "mlflow_database_password": _hex,
    "mlflow_password": _hex,
    "mlflow_secret_key": _hex,
    "sandbox_token": _hex,
}


def derived(made: Mapping[str, str]) -> dict[str, str]:
    """Return the files that hold a made secret in the form in which a service reads it."""
    airflow, mlflow = made["airflow_database_password"], made["mlflow_database_password"]
    # Jetty's HashLoginService knows no stronger digest; the password is 192 random bits
    digest = hashlib.md5(made["h2o_password"].encode(), usedforsecurity=False).hexdigest()
    return {
        "airflow_database_url": f"postgresql+psycopg2://airflow:{airflow}@postgres:5432/airflow",
        "airflow_users": json.dumps({"admin": made["airflow_admin_password"]}),
        "h2o_realm": f"airflow: MD5:{digest},user\n",
        "h2o_curl": f'user = "airflow:{made["h2o_password"]}"\n',
        "mlflow_database_url": f"postgresql+psycopg2://mlflow:{mlflow}@postgres:5432/mlflow",
        "mlflow_auth": "\n".join(
            (
                "[mlflow]",
                "default_permission = READ",
                f"database_uri = postgresql+psycopg2://mlflow:{mlflow}@postgres:5432/mlflow_auth",
                "admin_username = airflow",
                f"admin_password = {made['mlflow_password']}",
                "authorization_function = mlflow.server.auth:authenticate_request_basic_auth",
                "",
            )
        ),
    }


def connections(made: Mapping[str, str], *, sandbox: bool) -> str:
    """Return Airflow's connections; those to Devo wait for a token unless the sandbox stands in for it."""
    h2o = {"conn_type": "h2o", "schema": "http", "host": "h2o-1", "port": 54321}
    mlflow = {"conn_type": "mlflow", "host": "http://mlflow:5000"}
    found = {
        "devo_default": {"conn_type": "devo", "host": "apiv2-us.devo.com", "password": _PLACEHOLDER},
        "devo_mlmm_default": {"conn_type": "devo_mlmm", "host": "api-us.devo.com", "password": _PLACEHOLDER},
        "h2o_default": {**h2o, "login": "airflow", "password": made["h2o_password"]},
        "mlflow_default": {**mlflow, "login": "airflow", "password": made["mlflow_password"]},
    }
    if sandbox:
        address = {"host": "sandbox", "port": 8443, "password": made["sandbox_token"]}
        for name in ("devo_default", "devo_mlmm_default"):
            found[name] |= {**address, "extra_dejson": {"verify": "/srv/sandbox/ca.pem"}}
    return json.dumps(found, indent=2) + "\n"


class Folder:
    """A folder of files that only their owner can read.

    :param owner: user id; None leaves the files to who writes them.
    """

    def __init__(self, path: Path, owner: int | None = None) -> None:
        self.path = path
        self.owner = owner
        self.written: list[str] = []
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._own(path)

    def keep(self, name: str, content: Callable[[], str]) -> str:
        """Return what is in a file; write it first when it is not there."""
        path = self.path / name
        if not path.exists():
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
                file.write(content())
            self._own(path)
            self.written.append(name)
        return path.read_text(encoding="utf-8")

    def _own(self, path: Path) -> None:
        if self.owner is not None:
            os.chown(path, self.owner, 0)


def write(root: Path, *, sandbox: bool) -> tuple[list[str], list[str]]:
    """Write .env and the secrets that are missing.

    :return: the names of files that were written, and of those whose secret has changed since they were.
    """
    root_here = os.geteuid() == 0
    uid = _IMAGE_UID if root_here else os.geteuid()
    folder = Folder(root / "secrets", uid if root_here else None)
    made = {name: folder.keep(name, make).strip() for name, make in MADE.items()}
    stale = [
        name for name, content in derived(made).items() if folder.keep(name, lambda c=content: c) != content
    ]
    folder.keep("connections.json", lambda: connections(made, sandbox=sandbox))
    if not (root / ".env").exists():
        example = (ROOT / ".env.example").read_text(encoding="utf-8")
        (root / ".env").write_text(
            example.replace(f"AIRFLOW_UID={_IMAGE_UID}", f"AIRFLOW_UID={uid}"), encoding="utf-8"
        )
        folder.written.append(".env")
    return folder.written, stale


def main() -> int:
    """Write what is missing; 1 when files do not fit their secret."""
    parser = argparse.ArgumentParser(prog="deploy/make_secrets.py", description=__doc__)
    parser.add_argument("--sandbox", action="store_true", help="connections lead to the Devo sandbox")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of docker-compose.yaml")
    options = parser.parse_args()
    written, stale = write(options.root, sandbox=options.sandbox)
    for name in written:
        sys.stdout.write(f"written: {name}\n")
    if not written:
        sys.stdout.write("nothing is missing\n")
    for name in stale:
        sys.stderr.write(f"secrets/{name} does not fit its secret any more: remove it and run this again\n")
    if _PLACEHOLDER in (options.root / "secrets" / "connections.json").read_text(encoding="utf-8"):
        sys.stdout.write("secrets/connections.json still needs Devo's token and addresses\n")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
