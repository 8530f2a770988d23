"""Where the Dags keep what the pages show, and where the pages are."""

from __future__ import annotations

from airflow.configuration import conf

from airflow_provider_devo_dga.storage import default_store

PREFIX = "/devo-dga"
HOURLY_DAG = "dga_hourly_report"


def reports_dir() -> str:
    """Return the folder of the reports: ``[devo_dga] reports_dir``, else ``reports`` in the store."""
    return conf.get("devo_dga", "reports_dir", fallback=None) or f"{default_store()}/reports"


def models_dir() -> str:
    """Return the folder of the models: ``[devo_dga] models_dir``, else ``models`` in the store."""
    return conf.get("devo_dga", "models_dir", fallback=None) or f"{default_store()}/models"
