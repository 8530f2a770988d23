"""Where the Dags keep what the pages show, and where the pages are."""

from __future__ import annotations

from urllib.parse import urlsplit

from airflow.configuration import conf

from airflow_provider_devo_dga.storage import default_store

PREFIX = "/devo-dga"
HOURLY_DAG = "dga_hourly_report"


def reports_dir() -> str:
    """Return the folder of the reports: ``[devo_dga] reports_dir``, else ``reports`` in the store."""
    return conf.get("devo_dga", "reports_dir", fallback=None) or f"{default_store()}/reports"


def told(place: str) -> str:
    """Return a URI for people to read: without the user and password that some stores have in it."""
    parts = urlsplit(place)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
