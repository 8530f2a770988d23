"""One query in three Devo domains, each behind a connection of its own; one table of what came."""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.sdk import DAG, ObjectStoragePath, task

from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.storage import default_store
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY

TENANTS = ["devo_eu", "devo_us", "devo_apac"]  # Airflow connections of type `devo`

with DAG(
    "three_tenants",
    schedule="@hourly",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    tags=["devo"],
    default_args={"owner": "security", "retries": 2, "retry_policy": DEVO_RETRY_POLICY},
    params={"output_dir": f"{default_store()}/tenants"},
):
    read = DevoQueryOperator.partial(
        task_id="read",
        query="from demo.ecommerce.data group by statusCode select count() as events_n",
        map_index_template="{{ task.devo_conn_id }}",  # their names in the UI
    ).expand_kwargs(
        # each its own file: two tasks that write to one place would lose the first one's rows
        [
            {"devo_conn_id": name, "output_path": f"{{{{ params.output_dir }}}}/{name}/{{window}}.parquet"}
            for name in TENANTS
        ]
    )

    @task
    def total(paths: list[str]) -> dict[str, Any]:
        """Add the domains up."""
        import pandas as pd

        frames = []
        for path in paths:
            with ObjectStoragePath(path).open("rb") as file:
                frames.append(pd.read_parquet(file))
        counts = pd.concat(frames).groupby("statusCode")["events_n"].sum()
        return {str(status): int(count) for status, count in counts.items()}

    total(read.output["path"])
