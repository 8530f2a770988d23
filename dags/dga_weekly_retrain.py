"""Retrain the DGA classifier every week and put it into service in Devo, if it deserves it.

find the champion → train and judge → quality gate → register as candidate → probe in Devo
→ promote to the serving name.
"""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import DAG, Param, task
from airflow.sdk.definitions.asset import Model
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.operators.probe_model import ProbeModelOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.retries import DEVO_RETRY_POLICY

# Params with this pattern are refused when a run is triggered, before anything is trained or asked.
NAME = "[A-Za-z_][A-Za-z0-9_]*"
DGA_MODEL = Model(name="dga_classifier", uri="devo-mlmm://self/dga_classifier")

# Both can be set for a whole installation, or per run by the params below.
DATASET = os.environ.get(
    "DEVO_DGA_DATASET",
    "https://devo-ml-models-public-demos.s3.eu-west-3.amazonaws.com/legit_dga/dataset.csv",
)
STORE = os.environ.get("DEVO_DGA_STORE", f"file://{tempfile.gettempdir()}/devo-dga")

SOURCE = {
    "table": "{{ params.table }}",
    "field": "{{ params.field }}",
    "client_field": "{{ params.client_field }}",
    "kind": "{{ params.field_kind }}",
}

with DAG(
    dag_id="dga_weekly_retrain",
    doc_md=__doc__,
    schedule="0 3 * * 1",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["devo", "dga", "h2o"],
    default_args={
        "owner": "security",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": DEVO_RETRY_POLICY,
    },
    params={
        "dataset": Param(
            DATASET,
            type=["string", "array"],
            items={"type": ["string", "object"]},
            description="Labelled domains, host;domain;class;subclass: https://, s3://, file:// …; or a list",
        ),
        "models_dir": Param(
            f"{STORE}/models",
            type="string",
            description="Folder for models; shared by all workers",
        ),
        "model_name": Param("dga_classifier", type="string", pattern="^[A-Za-z0-9_.-]{1,54}$"),
        "feature_set": Param("dga", enum=["dga", "dga_plain", "tutorial"]),
        "false_positive_budget": Param(
            0.01,
            type="number",
            exclusiveMinimum=0,
            maximum=0.1,
            description="Share of legit names that may be flagged; decides the model's threshold",
        ),
        "unseen_family_folds": Param(
            0,
            type="integer",
            minimum=0,
            maximum=10,
            description="Trainings that leave families out, to measure recall of unseen ones; 0 for none",
        ),
        "model_params": Param({}, type="object", description="H2O GBM parameters that replace the defaults"),
        "min_auc": Param(
            0.85, type="number", minimum=0.5, maximum=1, description="Gate: least AUC on held-out names"
        ),
        "min_recall": Param(
            0.4, type="number", minimum=0, maximum=1, description="Gate: least share of DGA names flagged"
        ),
        "devo_domain": Param(
            "self",
            type="string",
            pattern="^[A-Za-z0-9_.@-]{1,128}$",
            description="Devo domain that owns the model",
        ),
        "table": Param("demo.ecommerce.data", type="string", pattern=f"^{NAME}([.]{NAME})*$"),
        "field": Param(
            "referralUri", type="string", pattern=f"^{NAME}$", description="Column with URIs or hosts"
        ),
        "field_kind": Param("uri", enum=["uri", "host"]),
        "client_field": Param(
            "clientIpAddress", type="string", pattern=f"^{NAME}$", description="Column that names who asked"
        ),
        "probe_hours": Param(
            24, type="integer", minimum=1, maximum=168, description="Probe with the traffic of so many hours"
        ),
        "devo_conn_id": Param("devo_default", type="string"),
        "mlmm_conn_id": Param("devo_mlmm_default", type="string"),
        "h2o_conn_id": Param(
            None, type=["null", "string"], description="An existing H2O cluster; none starts a private one"
        ),
    },
    render_template_as_native_obj=True,
) as dag:

    @task
    def find_champion(params: dict[str, Any]) -> str | None:
        """Return the version in service, to be judged beside the new model; None when there is none."""
        from airflow_provider_devo_dga.errors import ModelNotFoundError
        from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
        from airflow_provider_devo_dga.provenance import Provenance

        try:
            model = MLModelManagerHook(params["mlmm_conn_id"]).get_model(params["model_name"])
        except ModelNotFoundError:
            return None
        provenance = Provenance.of_description(model.description or "")
        return provenance.version if provenance else None

    # [START train]
    train = H2OTrainOperator(
        task_id="train",
        dataset="{{ params.dataset }}",
        output_dir="{{ params.models_dir }}",
        model_id="{{ params.model_name }}",
        feature_set="{{ params.feature_set }}",
        model_params="{{ params.model_params }}",
        false_positive_budget="{{ params.false_positive_budget }}",
        unseen_family_folds="{{ params.unseen_family_folds }}",
        champion="{{ ti.xcom_pull('find_champion') }}",
        h2o_conn_id="{{ params.h2o_conn_id }}",
        ratios=(0.8, 0.1),
        execution_timeout=timedelta(hours=2),
    )
    # [END train]

    # [START gate]
    @task
    def quality_gate(trained: dict[str, Any], params: dict[str, Any]) -> None:
        """Let the model pass only with every figure in bounds; say why not otherwise."""
        from airflow_provider_devo_dga.training.gate import QualityGate

        gate = QualityGate(
            min_auc=params["min_auc"],
            min_recall=params["min_recall"],
            # the budget is kept on the validation part; on the test part it may be missed by chance
            max_false_positive_rate=2 * params["false_positive_budget"],
        )
        if reasons := gate.reasons_against(trained):
            raise AirflowFailException("The model does not pass the quality gate: " + "; ".join(reasons))

    # [END gate]

    # [START register]
    register_candidate = RegisterModelOperator(
        task_id="register_candidate",
        name="{{ params.model_name }}_candidate",
        model_file="{{ ti.xcom_pull('train')['model_file'] }}",
        description="DGA domain classifier, candidate",
        trained="{{ ti.xcom_pull('train') }}",
        if_exists="replace",
        mlmm_conn_id="{{ params.mlmm_conn_id }}",
    )
    # [END register]

    probe_candidate = ProbeModelOperator(
        task_id="probe_candidate",
        name="{{ params.model_name }}_candidate",
        model_file="{{ ti.xcom_pull('train')['model_file'] }}",
        source=SOURCE,
        from_="{{ dag_run.start_date.replace(microsecond=0) - macros.timedelta(hours=params.probe_hours) }}",
        to="{{ dag_run.start_date.replace(microsecond=0) }}",
        devo_domain="{{ params.devo_domain }}",
        devo_conn_id="{{ params.devo_conn_id }}",
    )

    promote = RegisterModelOperator(
        task_id="promote",
        name="{{ params.model_name }}",
        model_file="{{ ti.xcom_pull('train')['model_file'] }}",
        description="DGA domain classifier",
        trained="{{ ti.xcom_pull('train') }}",
        if_exists="replace",
        mlmm_conn_id="{{ params.mlmm_conn_id }}",
        outlets=[DGA_MODEL],
    )

    find_champion() >> train
    quality_gate(train.output) >> register_candidate >> probe_candidate >> promote
