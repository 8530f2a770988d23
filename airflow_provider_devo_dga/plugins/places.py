"""Where the Dags keep what the pages show, and where the pages are."""

from __future__ import annotations

import os
import tempfile
from urllib.parse import urlsplit

from airflow.configuration import conf

PREFIX = "/devo-dga"
HOURLY_DAG = "dga_hourly_report"


def store() -> str:
    """Return the folder of everything, ``DEVO_DGA_STORE``, as the Dags do."""
    return os.environ.get("DEVO_DGA_STORE", f"file://{tempfile.gettempdir()}/devo-dga")


def reports_dir() -> str:
    """Return the folder of the reports: ``[devo_dga] reports_dir``, else ``reports`` in the store."""
    return str(conf.get("devo_dga", "reports_dir", fallback=f"{store()}/reports"))


def told(place: str) -> str:
    """Return a URI for people to read: without the user and password that some stores have in it."""
    parts = urlsplit(place)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
