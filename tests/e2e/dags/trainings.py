"""Dags that train on a cluster which outlives them, for so many seconds, to be killed while they do."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY

RETRIES = {"retries": 1, "retry_delay": timedelta(seconds=1), "retry_policy": DEVO_RETRY_POLICY}
# numbers must stay numbers in model_params
SETTINGS = {
    "schedule": None,
    "render_template_as_native_obj": True,
    "params": {"name": "", "dataset": "", "folder": "", "seconds": 60},
    "default_args": RETRIES,
}
# each tree tells little, so that a long training does not drive scores to 1, where no threshold is left
TREES = {"ntrees": 100_000, "max_depth": 2, "learn_rate": 0.0005, "max_runtime_secs": "{{ params.seconds }}"}


def train(**how: object) -> H2OTrainOperator:
    """Return a task that trains small trees until its seconds are over: as long on a slow machine."""
    return H2OTrainOperator(
        task_id="train",
        dataset="{{ params.dataset }}",
        output_dir="{{ params.folder }}",
        feature_set="tutorial",
        model_params=TREES,
        compare_tutorial=False,
        h2o_conn_id="h2o_e2e",
        name_prefix="{{ params.name }}",
        **how,
    )


with DAG("e2e_train", **SETTINGS):
    train()

with DAG("e2e_train_kept", **SETTINGS):
    train(cancel_on_kill=False)

with DAG("e2e_train_timeout", **SETTINGS):
    train(execution_timeout=timedelta(seconds=45), retries=0)
