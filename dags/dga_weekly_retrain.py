"""Retrain the DGA classifier every week and put it into service in Devo, if it deserves it.

recent drift → find the champion → train → record → backtest on stored hours → quality gate → [approve] →
register as candidate → probe in Devo → promote to the serving name, or leave the former model there.
``dga_rollback`` undoes it. Runs also when ``dga_hourly_report`` tells of drift that lasts.

Switched on for the first time it waits for Monday, 03:00 UTC; trigger it for a model at once.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronTriggerTimetable, ObjectStoragePath, Param, task
from airflow.sdk.definitions.asset import Model

from airflow_provider_devo_dga.operators.backtest_model import BacktestModelOperator
from airflow_provider_devo_dga.operators.gate_model import GateModelOperator
from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.operators.probe_model import ProbeModelOperator
from airflow_provider_devo_dga.operators.promote_model import PromoteModelOperator
from airflow_provider_devo_dga.operators.record_training import RecordTrainingOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.storage import default_store
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY

# Params with this pattern are refused when a run is triggered, before anything is trained or asked.
NAME = "[A-Za-z_][A-Za-z0-9_]*"
TABLE = f"^{NAME}([.]{NAME})*$"
# Sections of the form that *Trigger* shows.
MODEL = "Data and model"
GATE = "Quality gate"
TRIAL = "Backtest on stored hours"
EVENTS = "Events to probe with"
CONNECTIONS = "Connections"
TEXT: dict[str, Any] = {"type": "string", "section": MODEL}
CONNECTION: dict[str, Any] = {"type": "string", "section": CONNECTIONS}
COLUMN: dict[str, Any] = {"type": "string", "pattern": f"^{NAME}$", "section": EVENTS}
SHARE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1, "section": GATE}
BUDGET: dict[str, Any] = {"type": "number", "exclusiveMinimum": 0, "maximum": 0.1, "section": MODEL}
FOLDS: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 10, "section": MODEL}
HOURS: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 168, "section": EVENTS}
PLACE: dict[str, Any] = {"type": "string", "section": EVENTS}
LIMIT: dict[str, Any] = {"type": "number", "minimum": 0, "section": TRIAL}
SWITCH: dict[str, Any] = {"type": "boolean", "section": GATE}
FILE: dict[str, Any] = {"type": ["null", "string"], "section": TRIAL}
OPTIONAL: dict[str, Any] = {"type": ["null", "string"], "section": CONNECTIONS}
DGA_MODEL = Model(name="dga_classifier", uri="devo-mlmm://self/dga_classifier")
DGA_DRIFT = Asset(name="dga_drift", uri="x-devo-dga://drift/lasting")
DRIFT_HOURS = 168
# Switched on, it trains nothing at once: without a start_date it looks back so far, for a late scheduler.
FIRST_RUN = timedelta(minutes=10)
# Both can be set for a whole installation, or per run by the params below.
DATASET = os.environ.get(
    "DEVO_DGA_DATASET",
    "https://devo-ml-models-public-demos.s3.eu-west-3.amazonaws.com/legit_dga/dataset.csv",
)
STORE = default_store()
# Where MLflow's file lies when there is no MLflow server; empty keeps no history.
HISTORY = os.environ.get("DEVO_DGA_HISTORY", STORE) or None

SOURCE = {
    "table": "{{ params.table }}",
    "field": "{{ params.field }}",
    "client_field": "{{ params.client_field }}",
    "kind": "{{ params.field_kind }}",
}

with DAG(
    dag_id="dga_weekly_retrain",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 3 * * 1", timezone="UTC", run_immediately=FIRST_RUN),
        assets=[DGA_DRIFT],
    ),
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
            "Labelled domains, host;domain;class;subclass or another form; or a list of sources",
            type=["string", "array", "object"],
            items={"type": ["string", "object"]},
            section=MODEL,
        ),
        "models_dir": Param(f"{STORE}/models", "Folder for models; shared by all workers", **TEXT),
        "model_name": Param(
            "dga_classifier", "Name in the Model Manager", pattern="^[A-Za-z0-9_.-]{1,54}$", **TEXT
        ),
        "feature_set": Param(
            "dga",
            "What a host is turned into",
            enum=["dga", "dga_small", "dga_plain", "tutorial"],
            section=MODEL,
        ),
        "false_positive_budget": Param(
            0.01, "Share of legit names that may be flagged; decides the model's threshold", **BUDGET
        ),
        "unseen_family_folds": Param(
            0, "Trainings that leave families out, to measure recall of unseen ones; 0 for none", **FOLDS
        ),
        "model_params": Param({}, "H2O GBM parameters, not the defaults", type="object", section=MODEL),
        "devo_domain": Param(
            "self", "Devo domain that owns the model", pattern="^[A-Za-z0-9_.@-]{1,128}$", **TEXT
        ),
        "compare_with_champion": Param(True, "Off lets a model pass on its own figures alone", **SWITCH),
        "require_approval": Param(False, "Let a person approve a model that passed", **SWITCH),
        "min_auc": Param(0.85, "Least AUC on held-out names", **(SHARE | {"minimum": 0.5})),
        "min_recall": Param(0.4, "Least share of DGA names flagged", **SHARE),
        "max_recall_loss": Param(0.02, "Share of DGA names that the champion may flag more", **SHARE),
        "max_family_loss": Param(0.15, "The same, for each family", **SHARE),
        "min_family_rows": Param(
            30, "Families with fewer held-out names are left out", type="integer", minimum=1, section=GATE
        ),
        "backtest_hours": Param(168, "Stored hours to replay", **(HOURS | {"minimum": 0, "section": TRIAL})),
        "max_own_factor": Param(3, "Times the budget it may flag of what clean clients asked for", **LIMIT),
        "max_more_clients": Param(10, "Clients a week it may name, and the champion not", **LIMIT),
        "max_fewer_clients": Param(10, "Clients a week the champion may name, and it not", **LIMIT),
        "allow_file": Param(None, "Text file of domains that the hourly report never flags", **FILE),
        "no_alarm_file": Param(None, "Text file of clients that raise no alarm there", **FILE),
        "table": Param("demo.ecommerce.data", "Table with the events", **(COLUMN | {"pattern": TABLE})),
        "field": Param("referralUri", "Its column with URIs or hosts", **COLUMN),
        "field_kind": Param("uri", "What that column holds", enum=["uri", "host"], section=EVENTS),
        "client_field": Param("clientIpAddress", "Its column that names who asked", **COLUMN),
        "probe_hours": Param(24, "Probe with the traffic of so many hours", **HOURS),
        "reports_dir": Param(f"{STORE}/reports", "Folder of the hourly reports", **PLACE),
        "devo_conn_id": Param("devo_default", "To Devo", **CONNECTION),
        "mlmm_conn_id": Param("devo_mlmm_default", "To the ML Model Manager", **CONNECTION),
        "h2o_conn_id": Param(None, "To an H2O cluster; none starts a private one", **OPTIONAL),
        "history_dir": Param(HISTORY, "Local folder of the history, mlflow.db; none keeps none", **OPTIONAL),
        "mlflow_conn_id": Param(None, "To an MLflow server for the model history, not a file", **OPTIONAL),
    },
    render_template_as_native_obj=True,
) as dag:
    # [START drift]
    @task
    def recent_drift(params: dict[str, Any], **context: Any) -> dict[str, Any]:
        """Tell what drift the last week's hours had; the training does not depend on it."""
        from airflow_provider_devo_dga.drift.watch import DriftWatch
        from airflow_provider_devo_dga.features.linq import HostSource

        source = [params[name] for name in ("table", "field", "client_field", "field_kind")]
        key = HostSource(*source).key(params["devo_conn_id"], params["devo_domain"])
        watch = DriftWatch(ObjectStoragePath(params["reports_dir"]) / "drift", key)
        hour = context["dag_run"].start_date.replace(minute=0, second=0, microsecond=0)
        return watch.summary(hour, hour + timedelta(hours=1), DRIFT_HOURS)

    # [END drift]

    # [START find_champion]
    @task(trigger_rule="all_done")  # a week whose drift cannot be read is trained for all the same
    def find_champion(params: dict[str, Any]) -> dict[str, Any] | None:
        """Return which version serves and whether it can be compared with; None when nothing serves."""
        from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
        from airflow_provider_devo_dga.promotion.champion import champion_of

        hook = MLModelManagerHook(params["mlmm_conn_id"])
        serving = hook.find_model(params["model_name"], with_image=True)
        return champion_of(serving, ObjectStoragePath(params["models_dir"]))

    # [END find_champion]

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
        champion="{{ (ti.xcom_pull('find_champion') or {}).get('version') }}",
        h2o_conn_id="{{ params.h2o_conn_id }}",
        ratios=(0.8, 0.1),
        execution_timeout=timedelta(hours=2),
    )
    # [END train]

    # [START record]
    record = RecordTrainingOperator(
        task_id="record",
        trained="{{ ti.xcom_pull('train') }}",
        name="{{ params.model_name }}",
        history_dir="{{ params.history_dir }}",
        mlflow_conn_id="{{ params.mlflow_conn_id }}",
    )
    # [END record]

    # [START backtest]
    backtest = BacktestModelOperator(
        task_id="backtest",
        trained="{{ ti.xcom_pull('train') }}",
        name="{{ params.model_name }}",
        models_dir="{{ params.models_dir }}",
        reports_dir="{{ params.reports_dir }}",
        source=SOURCE,
        champion="{{ ti.xcom_pull('find_champion') if params.compare_with_champion else None }}",
        windows="{{ params.backtest_hours }}",
        allow_file="{{ params.allow_file }}",
        no_alarm_file="{{ params.no_alarm_file }}",
        devo_domain="{{ params.devo_domain }}",
        devo_conn_id="{{ params.devo_conn_id }}",
    )
    # [END backtest]

    # [START gate]
    quality_gate = GateModelOperator(
        task_id="quality_gate",
        trained="{{ ti.xcom_pull('train') }}",
        champion="{{ ti.xcom_pull('find_champion') if params.compare_with_champion else None }}",
        name="{{ params.model_name }}",
        min_auc="{{ params.min_auc }}",
        min_recall="{{ params.min_recall }}",
        # the budget is kept on the validation part; on the test part it may be missed by chance
        max_false_positive_rate="{{ 2 * params.false_positive_budget }}",
        max_recall_loss="{{ params.max_recall_loss }}",
        max_family_loss="{{ params.max_family_loss }}",
        min_family_rows="{{ params.min_family_rows }}",
        backtest="{{ ti.xcom_pull('backtest') }}",
        max_own_factor="{{ params.max_own_factor }}",
        max_more_clients="{{ params.max_more_clients }}",
        max_fewer_clients="{{ params.max_fewer_clients }}",
        history_dir="{{ params.history_dir }}",
        mlflow_conn_id="{{ params.mlflow_conn_id }}",
    )
    # [END gate]

    @task.branch
    def ask_someone(params: dict[str, Any]) -> str:
        """Go on at once, unless a person is to approve."""
        return "approve" if params["require_approval"] else "register_candidate"

    # [START approval]
    approve = ApprovalOperator(
        task_id="approve",
        subject="Put version {{ ti.xcom_pull('train')['version'] }} of {{ params.model_name }} into service?",
        body="{{ ti.xcom_pull('quality_gate')['summary'] }}",
        response_timeout=timedelta(days=6),
    )
    # [END approval]

    # [START register]
    register_candidate = RegisterModelOperator(
        task_id="register_candidate",
        name="{{ params.model_name }}_candidate",
        model_file="{{ ti.xcom_pull('train')['model_file'] }}",
        description="DGA domain classifier, candidate",
        trained="{{ ti.xcom_pull('train') }}",
        if_exists="replace",
        mlmm_conn_id="{{ params.mlmm_conn_id }}",
        trigger_rule="none_failed_min_one_success",  # after an approval, or without one
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

    # [START promote]
    promote = PromoteModelOperator(
        task_id="promote",
        name="{{ params.model_name }}",
        candidate="{{ params.model_name }}_candidate",
        trained="{{ ti.xcom_pull('train') }}",
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
    # [END promote]

    recent_drift() >> find_champion() >> train >> record >> backtest >> quality_gate
    quality_gate >> ask_someone() >> [approve, register_candidate]
    approve >> register_candidate >> probe_candidate >> promote
