"""MLflowRunLink: from a task to the page of its run in MLflow."""

from __future__ import annotations

from airflow_provider_devo_dga.links.told_link import ToldLink


class MLflowRunLink(ToldLink):
    """The run of a training on the MLflow server; nothing when the history is a file.

    The address is the XCom ``mlflow_run_url``.
    """

    KEY = "mlflow_run_url"
    name = "MLflow run"
