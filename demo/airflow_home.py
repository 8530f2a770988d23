"""An Airflow of its own below a folder: configuration by environment, nothing in HOME."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_devo_dga.example_dags_path import example_dags_path

if TYPE_CHECKING:
    from demo.sandbox_process import SandboxAddress


def airflow_environment(home: Path, sandbox: SandboxAddress, dataset: Path, store: Path) -> dict[str, str]:
    """Return the environment of an Airflow wired to a sandbox.

    :param home: AIRFLOW_HOME; holds the metadata database.
    :param dataset: default of the weekly Dag's param ``dataset``.
    :param store: folder for models and reports.
    """
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(example_dags_path()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "AIRFLOW_CONN_DEVO_DEFAULT": _connection("devo", sandbox.url, sandbox),
        "AIRFLOW_CONN_DEVO_MLMM_DEFAULT": _connection("devo_mlmm", sandbox.mlmm_url, sandbox),
        "DEVO_DGA_DATASET": dataset.as_uri(),
        "DEVO_DGA_STORE": store.as_uri(),
        # importing MLflow and making its tables takes as long as the training here
        "DEVO_DGA_HISTORY": "",
        "PYTHONUNBUFFERED": "1",
        **_no_proxy(),
    }


def _no_proxy() -> dict[str, str]:
    """Return the variables that keep a proxy away from this machine, where all of the demo runs."""
    spared = {"127.0.0.1": None, "localhost": None}
    for name in ("NO_PROXY", "no_proxy"):
        spared |= dict.fromkeys(filter(None, os.environ.get(name, "").split(",")))
    # curl and Python's own read the lower one first, others the upper one
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(spared))


def _connection(kind: str, url: str, sandbox: SandboxAddress) -> str:
    address = urlsplit(url)
    return json.dumps(
        {
            "conn_type": kind,
            "host": address.hostname,
            "port": address.port,
            "password": sandbox.token,
            "extra": {"verify": sandbox.ca_file},
        }
    )
