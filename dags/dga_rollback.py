"""Put an earlier version of the DGA classifier back into service, by the same verified way it came.

find the version → register as candidate → probe, replace, read back, probe again, tell the model history.
Without a version it is the one that served before the present one, so a second run undoes the first.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import DAG, ObjectStoragePath, Param, task
from airflow.sdk.definitions.asset import Model

from airflow_provider_devo_dga.operators.promote_model import PromoteModelOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.storage import default_store
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY

NAME = "[A-Za-z_][A-Za-z0-9_]*"
TABLE = f"^{NAME}([.]{NAME})*$"
# Sections of the form that *Trigger* shows.
MODEL = "Model"
EVENTS = "Events to probe with"
CONNECTIONS = "Connections"
OPTIONAL: dict[str, Any] = {"type": ["null", "string"], "section": CONNECTIONS}
DGA_MODEL = Model(name="dga_classifier", uri="devo-mlmm://self/dga_classifier")
STORE = default_store()
HISTORY = os.environ.get("DEVO_DGA_HISTORY", STORE) or None

with DAG(
    dag_id="dga_rollback",
    doc_md=__doc__,
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["devo", "dga"],
    default_args={
        "owner": "security",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_policy": DEVO_RETRY_POLICY,
    },
    params={
        "version": Param(
            None,
            "For example 20260105T030000Z; none takes the model that served before this one",
            type=["null", "string"],
            pattern="^[A-Za-z0-9_-]{1,64}$",
            section=MODEL,
        ),
        "model_name": Param(
            "dga_classifier",
            "Name in the Model Manager",
            type="string",
            pattern="^[A-Za-z0-9_.-]{1,54}$",
            section=MODEL,
        ),
        "models_dir": Param(
            f"{STORE}/models", "Folder that the models were trained into", type="string", section=MODEL
        ),
        "devo_domain": Param(
            "self",
            "Devo domain that owns the model",
            type="string",
            pattern="^[A-Za-z0-9_.@-]{1,128}$",
            section=MODEL,
        ),
        "table": Param(
            "demo.ecommerce.data",
            "Any table with events in the probe's window",
            type="string",
            pattern=TABLE,
            section=EVENTS,
        ),
        "probe_hours": Param(
            24,
            "One event within so many hours is needed",
            type="integer",
            minimum=1,
            maximum=168,
            section=EVENTS,
        ),
        "devo_conn_id": Param("devo_default", "To Devo", type="string", section=CONNECTIONS),
        "mlmm_conn_id": Param(
            "devo_mlmm_default", "To the ML Model Manager", type="string", section=CONNECTIONS
        ),
        "history_dir": Param(
            HISTORY,
            "Folder on a local disk for the model history, mlflow.db; none keeps no history",
            **OPTIONAL,
        ),
        "mlflow_conn_id": Param(None, "To an MLflow server for the model history, not a file", **OPTIONAL),
    },
    render_template_as_native_obj=True,
) as dag:
    # [START find_version]
    @task
    def find_version(params: dict[str, Any]) -> dict[str, Any]:
        """Return what is known of the version to put back."""
        from airflow_provider_devo_dga.models.store import ModelStore
        from airflow_provider_devo_dga.promotion.rollback import version_to_put_back

        store = ModelStore(ObjectStoragePath(params["models_dir"]))
        return version_to_put_back(store, params["model_name"], params["version"])

    # [END find_version]

    register_candidate = RegisterModelOperator(
        task_id="register_candidate",
        name="{{ params.model_name }}_candidate",
        model_file="{{ ti.xcom_pull('find_version')['model_file'] }}",
        description="DGA domain classifier, candidate",
        trained="{{ ti.xcom_pull('find_version') }}",
        if_exists="replace",
        mlmm_conn_id="{{ params.mlmm_conn_id }}",
    )

    promote = PromoteModelOperator(
        task_id="promote",
        name="{{ params.model_name }}",
        candidate="{{ params.model_name }}_candidate",
        trained="{{ ti.xcom_pull('find_version') }}",
        models_dir="{{ params.models_dir }}",
        table="{{ params.table }}",
        from_="{{ dag_run.start_date.replace(microsecond=0) - macros.timedelta(hours=params.probe_hours) }}",
        to="{{ dag_run.start_date.replace(microsecond=0) }}",
        devo_domain="{{ params.devo_domain }}",
        description="DGA domain classifier",
        history_dir="{{ params.history_dir }}",
        mlflow_conn_id="{{ params.mlflow_conn_id }}",
        mlmm_conn_id="{{ params.mlmm_conn_id }}",
        devo_conn_id="{{ params.devo_conn_id }}",
        outlets=[DGA_MODEL],
    )

    find_version() >> register_candidate >> promote
