"""Which domains of the hour look random? With operators only."""

from __future__ import annotations

import json
from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, CronDataIntervalTimetable, ObjectStoragePath, Param

from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from airflow_provider_devo_dga.storage import default_store
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY

# a param is text from outside and becomes LINQ: what is no table's name is refused with the run
TABLE = Param("demo.ecommerce.data", type="string", pattern="^[a-z][a-z0-9_]*([.][a-z0-9_]+)*$")


def score(rows: str) -> dict[str, float]:
    import pyarrow.parquet as pq

    from airflow_provider_devo_dga.features.host import split_host
    from airflow_provider_devo_dga.features.reference import shannon_entropy

    with ObjectStoragePath(rows).open("rb") as file:
        hosts = pq.read_table(file).column("host").to_pylist()
    split = [parts for host in hosts if host and (parts := split_host(host))]
    return {parts.registrable: shannon_entropy(parts.label) for parts in split}


def report(scores: dict[str, float], output: str) -> None:
    path = ObjectStoragePath(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:100])))


with DAG(
    "entropy_classic",
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=2,
    tags=["devo"],
    default_args={"owner": "security", "retries": 2, "retry_policy": DEVO_RETRY_POLICY},
    params={"table": TABLE, "output_dir": f"{default_store()}/entropy"},
    render_template_as_native_obj=True,
):
    window = {"from_": "{{ data_interval_start }}", "to": "{{ data_interval_end }}"}
    wait = DevoQuerySensor(
        task_id="wait",
        query="from {{ params.table }}",
        **window,
        poke_interval=60,
        timeout=timedelta(hours=1),
        mode="reschedule",
    )
    read = DevoQueryOperator(
        task_id="read",
        query="from {{ params.table }} select urihost(referralUri) as host group by host",
        **window,
        output_path="{{ params.output_dir }}/{{ data_interval_start | ts_nodash }}.parquet",
    )
    scored = PythonOperator(
        task_id="score", python_callable=score, op_args=["{{ ti.xcom_pull('read')['path'] }}"]
    )
    write = PythonOperator(
        task_id="report",
        python_callable=report,
        op_args=[
            "{{ ti.xcom_pull('score') }}",
            "{{ params.output_dir }}/{{ data_interval_start | ts_nodash }}.json",
        ],
    )
    wait >> read >> scored >> write
