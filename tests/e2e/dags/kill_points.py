"""Small Dags that wait, read and register, to be killed while they do."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG
from airflow.sdk.configuration import conf

from airflow_provider_devo_dga.operators.devo_job import DevoJobOperator
from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY

WINDOW = {"from_": "2026-01-01T08:00:00+00:00", "to": "2026-01-01T09:00:00+00:00"}
RETRIES = {"retries": 1, "retry_delay": timedelta(seconds=1), "retry_policy": DEVO_RETRY_POLICY}
PARAMS = {"table": "", "folder": "", "devo_conn_id": "devo_default", "name": "", "model_file": ""}
PARAMS |= {"from": "", "to": ""}
DEVO = "{{ params.devo_conn_id }}"


def read(task_id: str = "read") -> DevoQueryOperator:
    """Return a task that writes a table's numbers."""
    return DevoQueryOperator(
        task_id=task_id,
        query="from {{ params.table }} select n",
        output_path="{{ params.folder }}/rows.ndjson",
        file_format="ndjson",
        devo_conn_id=DEVO,
        **WINDOW,
    )


def wait(task_id: str, **how: object) -> DevoQuerySensor:
    """Return a task that waits until a table has an event."""
    return DevoQuerySensor(
        task_id=task_id,
        query="from {{ params.table }} group select count() as events_n where events_n >= 1",
        poke_interval=2,
        timeout=300,
        devo_conn_id=DEVO,
        **WINDOW,
        **how,
    )


with DAG("e2e_wait", schedule=None, params=PARAMS, default_args=RETRIES):
    wait("wait", deferrable=True) >> read()

with DAG("e2e_poke", schedule=None, params=PARAMS, default_args=RETRIES):
    wait("wait", mode="poke")

with DAG("e2e_read", schedule=None, params=PARAMS, default_args=RETRIES):
    read()


def job(**how: object) -> DevoJobOperator:
    """Return a task that runs a job until the end of its window."""
    return DevoJobOperator(
        task_id="job",
        query="from {{ params.table }} select n",
        from_="{{ params.from }}",
        to="{{ params.to }}",
        destination="donothing",
        poll_interval=1,
        **how,
    )


with DAG("e2e_job", schedule=None, params=PARAMS, default_args=RETRIES):
    job()

with DAG("e2e_deferred_job", schedule=None, params=PARAMS, default_args=RETRIES):
    job(deferrable=True)

TIMEOUT = {"execution_timeout": timedelta(seconds=12), "retries": 0}

with DAG("e2e_job_timeout", schedule=None, params=PARAMS, default_args=RETRIES):
    job(**TIMEOUT)

with DAG("e2e_deferred_job_timeout", schedule=None, params=PARAMS, default_args=RETRIES):
    job(deferrable=True, **TIMEOUT)

# Airflow refuses a Dag that names an executor which is not there
if "CeleryExecutor" in conf.get("core", "executor"):
    with DAG("e2e_celery_job", schedule=None, params=PARAMS, default_args=RETRIES):
        job(executor="CeleryExecutor")

with DAG("e2e_register", schedule=None, params=PARAMS, default_args=RETRIES):
    RegisterModelOperator(
        task_id="register", name="{{ params.name }}", model_file="{{ params.model_file }}", if_exists="fail"
    )
