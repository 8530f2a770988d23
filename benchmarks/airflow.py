"""The hook in an Airflow that exists for one run: its folder is temporary, HOME stays as it is."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.process import TOKEN

if TYPE_CHECKING:
    from airflow_provider_devo_dga.hooks.devo import DevoHook

CONNECTION = "devo_default"


def hook(url: str, ca_file: str) -> DevoHook:
    """Return a hook that reads from ``url``."""
    connect(url, ca_file)
    from airflow_provider_devo_dga.hooks.devo import DevoHook

    return DevoHook(CONNECTION)


def connect(url: str, ca_file: str, **extra: object) -> None:
    """Define the default connection, to a server at ``url``; call it before anything imports Airflow."""
    prepare()
    address = urlsplit(url)
    defined = {
        "conn_type": "devo",
        "host": address.hostname,
        "port": address.port,
        "password": TOKEN,
        "extra": {"verify": ca_file, **extra},
    }
    os.environ[f"AIRFLOW_CONN_{CONNECTION.upper()}"] = json.dumps(defined)


@cache
def prepare() -> None:
    """Make Airflow's folder; call it before anything imports Airflow."""
    home = tempfile.mkdtemp(prefix="devo-bench-airflow-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ |= {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
