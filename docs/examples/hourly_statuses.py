"""Wait for the hour's events in the triggerer, write them to Parquet, look at them with pandas."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, ObjectStoragePath, Param, task

from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from airflow_provider_devo_dga.storage import default_store
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY

with DAG(
    "hourly_statuses",
    schedule="@hourly",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    tags=["devo"],
    default_args={"owner": "security", "retries": 2, "retry_policy": DEVO_RETRY_POLICY},
    params={
        "table": Param("demo.ecommerce.data", type="string", pattern="^[a-z][a-z0-9_]*([.][a-z0-9_]+)*$"),
        "output_dir": f"{default_store()}/statuses",
    },
):
    # neither names a window: both are about the run's own, the hour before it was due
    wait = DevoQuerySensor(
        task_id="wait", query="from {{ params.table }}", timeout=timedelta(minutes=50), deferrable=True
    )
    read = DevoQueryOperator(
        task_id="read",
        query="from {{ params.table }} select uri, statusCode, bytesTransferred",
        output_path="{{ params.output_dir }}/{window}.parquet",
    )

    @task
    def worst(path: str) -> dict[str, int]:
        """Return the addresses that failed most often."""
        import pandas as pd

        with ObjectStoragePath(path).open("rb") as file:
            rows = pd.read_parquet(file)
        failed = rows[rows["statusCode"] >= 500].groupby("uri").size()
        return {str(uri): int(count) for uri, count in failed.nlargest(10).items()}

    wait >> read
    worst(read.output["path"])
