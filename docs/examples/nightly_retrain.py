"""Train every night on a CSV of your own, with some of the features; mail when it fails."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import DAG, CronTriggerTimetable

from airflow_provider_devo_dga.features.dga import feature_set_named
from airflow_provider_devo_dga.operators.gate_model import GateModelOperator
from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.operators.promote_model import PromoteModelOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY

PLAIN = feature_set_named("dga_plain")
# without the TLDs, which mislead when a family moves
FEATURES = PLAIN.subset("no_tld", [name for name in PLAIN.names if not name.startswith("tld_")])
MAIL = SmtpNotifier(
    to="duty@example.com",
    from_email="airflow@example.com",
    subject="{{ dag.dag_id }}.{{ ti.task_id }} failed in {{ run_id }}",
    html_content="{{ exception | e }}",
)

with DAG(
    "nightly_retrain",
    # without a start_date, switching it on starts nothing before the next night
    schedule=CronTriggerTimetable("0 2 * * *", timezone="UTC", run_immediately=timedelta(minutes=10)),
    catchup=False,
    max_active_runs=1,
    tags=["devo", "dga"],
    default_args={
        "owner": "security",
        "retries": 1,
        "retry_policy": DEVO_RETRY_POLICY,
        "on_failure_callback": [MAIL],  # once the last try has failed
    },
    params={"labelled": "file:///srv/labelled.csv", "models": "file:///srv/models"},
):
    train = H2OTrainOperator(
        task_id="train",
        # what is not found by looking into the file: its columns, and what 1 means
        dataset={
            "uri": "{{ params.labelled }}",
            "columns": {"host": "domain", "class": "isDGA"},
            "classes": {"dga": ["1"]},
        },
        output_dir="{{ params.models }}",
        feature_set=FEATURES,
        execution_timeout=timedelta(hours=2),
    )
    gate = GateModelOperator(task_id="gate", trained=train.output, name="dga_nightly", min_auc=0.8)
    candidate = RegisterModelOperator(
        task_id="register",
        name="dga_nightly_candidate",
        trained=train.output,
        if_exists="replace",
    )
    promote = PromoteModelOperator(
        task_id="promote",
        name="dga_nightly",
        candidate=candidate.output["name"],
        trained=train.output,
        models_dir="{{ params.models }}",
        table="demo.ecommerce.data",
    )
    gate >> candidate >> promote
