"""Which domains of the hour look random? Operators ask Devo, functions work on what came."""

from __future__ import annotations

import json
from typing import Any

import pendulum
from airflow.sdk import DAG, CronDataIntervalTimetable, ObjectStoragePath, Param, task

from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.storage import default_store
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY

# a param is text from outside and becomes LINQ: what is no table's name is refused with the run
TABLE = Param("demo.ecommerce.data", type="string", pattern="^[a-z][a-z0-9_]*([.][a-z0-9_]+)*$")

with DAG(
    "entropy_mixed",
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=2,
    tags=["devo"],
    default_args={"owner": "security", "retries": 2, "retry_policy": DEVO_RETRY_POLICY},
    params={"table": TABLE, "output_dir": f"{default_store()}/entropy"},
):
    read = DevoQueryOperator(
        task_id="read",
        query="from {{ params.table }} select urihost(referralUri) as host group by host",
        from_="{{ data_interval_start }}",
        to="{{ data_interval_end }}",
        output_path="{{ params.output_dir }}/{{ data_interval_start | ts_nodash }}.parquet",
    )

    @task
    def report(rows: dict[str, Any]) -> str:
        """Take what the operator returned, an XComArg, as a plain dictionary."""
        import pyarrow.parquet as pq

        from airflow_provider_devo_dga.features.host import split_host
        from airflow_provider_devo_dga.features.reference import shannon_entropy

        path = ObjectStoragePath(rows["path"])
        with path.open("rb") as file:
            hosts = pq.read_table(file).column("host").to_pylist()
        split = [parts for host in hosts if host and (parts := split_host(host))]
        scores = {parts.registrable: shannon_entropy(parts.label) for parts in split}
        output = path.with_suffix(".json")
        output.write_text(
            json.dumps(dict(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:100]))
        )
        return str(output)

    report(read.output)
