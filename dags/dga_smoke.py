"""Check your connections step by step; a task that fails says which right or setting is missing.

Nothing is changed in Devo. The only file written is removed again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pendulum
from airflow.sdk import DAG, Param, task
from airflow.sdk.exceptions import AirflowSkipException

from airflow_provider_devo_dga.operators.check_linq import CheckLinqOperator
from airflow_provider_devo_dga.storage import default_store

NAME = "[A-Za-z_][A-Za-z0-9_]*"
TABLE = f"^{NAME}([.]{NAME})*$"
# Sections of the form that *Trigger* shows.
EVENTS = "Events"
MODEL = "Store and model"
CONNECTIONS = "Connections"
COLUMN: dict[str, Any] = {"type": "string", "pattern": f"^{NAME}$", "section": EVENTS}
CODE = {"type": ["string", "integer"], "pattern": "^[A-Za-z0-9_ -]{1,64}$"}
CODES: dict[str, Any] = {"type": "array", "items": CODE, "minItems": 1, "section": EVENTS}
STORE = default_store()

with DAG(
    dag_id="dga_smoke",
    doc_md=__doc__,
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["devo", "dga", "check"],
    default_args={"owner": "security", "retries": 0},
    params={
        "table": Param(
            "demo.ecommerce.data", "Table with events", type="string", pattern=TABLE, section=EVENTS
        ),
        "field": Param("referralUri", "Its column with URIs or hosts", **COLUMN),
        "client_field": Param("clientIpAddress", "Its column that names who asked", **COLUMN),
        "code_field": Param(
            None,
            "Its column with the response code of a look-up; null: there is none",
            **(COLUMN | {"type": ["null", "string"]}),
        ),
        "failed_codes": Param(["NXDOMAIN", "3"], "Its values that mean that a name got no answer", **CODES),
        "store": Param(STORE, "Folder for models and reports", type="string", section=MODEL),
        "model_name": Param(
            "dga_classifier",
            "Name in the Model Manager",
            type="string",
            pattern="^[A-Za-z0-9_.-]{1,64}$",
            section=MODEL,
        ),
        "devo_conn_id": Param("devo_default", "To Devo", type="string", section=CONNECTIONS),
        "mlmm_conn_id": Param(
            "devo_mlmm_default", "To the ML Model Manager", type="string", section=CONNECTIONS
        ),
        "h2o_conn_id": Param(
            None, "To an H2O cluster; none starts a private one", type=["null", "string"], section=CONNECTIONS
        ),
    },
    render_template_as_native_obj=True,
) as dag:

    @task
    def devo_answers(params: dict[str, Any]) -> str:
        """Reach Devo with the connection's credentials."""
        from airflow_provider_devo_dga.errors import DevoPermanentError
        from airflow_provider_devo_dga.hooks.devo import DevoHook

        works, words = DevoHook(params["devo_conn_id"]).test_connection()
        if not works:
            raise DevoPermanentError(words)
        return words

    @task
    def table_is_readable(params: dict[str, Any]) -> int:
        """Count the table's events of the last full hour, and read its two columns."""
        from airflow_provider_devo_dga.features.linq import HostSource
        from airflow_provider_devo_dga.hooks.devo import DevoHook

        source = HostSource(params["table"], params["field"], params["client_field"])
        hook = DevoHook(params["devo_conn_id"])
        end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        window = {"from_": end - timedelta(hours=1), "to": end}
        hook.get_records(
            f"from {source.table} select {source.field}, {source.client_field}", limit=1, **window
        )
        return hook.count(f"from {source.table}", **window)

    @task
    def codes_are_understood(params: dict[str, Any]) -> dict[str, int]:
        """Count the last full hour's response codes; skipped without a column of them."""
        from airflow_provider_devo_dga.features.linq import HostSource
        from airflow_provider_devo_dga.features.response_codes import (
            CODES_MOST,
            check_codes,
            codes_query,
            sample_query,
        )
        from airflow_provider_devo_dga.hooks.devo import DevoHook

        if not params["code_field"]:
            raise AirflowSkipException("No code_field was given")
        source = HostSource(
            params["table"],
            params["field"],
            params["client_field"],
            code_field=params["code_field"],
            failed_codes=params["failed_codes"],
        )
        hook = DevoHook(params["devo_conn_id"])
        end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        window = {"from_": end - timedelta(hours=1), "to": end}
        sample = hook.get_records(sample_query(source), limit=1, **window)
        rows = hook.get_records(codes_query(source), limit=CODES_MOST + 2, **window)
        return check_codes(source, sample[0]["code"] if sample else None, rows)

    linq = CheckLinqOperator(
        task_id="linq_means_what_is_assumed",
        table="{{ params.table }}",
        devo_conn_id="{{ params.devo_conn_id }}",
    )

    @task
    def model_manager_answers(params: dict[str, Any]) -> str:
        """List the models."""
        from airflow_provider_devo_dga.errors import DevoPermanentError
        from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook

        works, words = MLModelManagerHook(params["mlmm_conn_id"]).test_connection()
        if not works:
            raise DevoPermanentError(words)
        return words

    @task
    def model_is_in_service(params: dict[str, Any]) -> str:
        """Say which version serves; skipped when there is none yet."""
        from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook

        model = MLModelManagerHook(params["mlmm_conn_id"]).find_model(params["model_name"])
        if model is None:
            raise AirflowSkipException(
                f"There is no model {params['model_name']!r} yet; run dga_weekly_retrain"
            )
        return model.description

    @task
    def h2o_answers(params: dict[str, Any]) -> str:
        """Start or reach an H2O cluster with a client that exports MOJOs."""
        from airflow_provider_devo_dga.errors import H2OClusterError
        from airflow_provider_devo_dga.hooks.h2o import H2OHook
        from airflow_provider_devo_dga.training.export import check_mojo_export

        check_mojo_export()
        works, words = H2OHook(params["h2o_conn_id"], max_mem="512m").test_connection()
        if not works:
            raise H2OClusterError(words)
        return words

    @task
    def store_can_be_written(params: dict[str, Any]) -> str:
        """Write, rename, read and remove a file, as models and reports are."""
        from airflow.sdk import ObjectStoragePath

        from airflow_provider_devo_dga.storage import publish

        target = ObjectStoragePath(params["store"]) / "smoke" / "check.txt"
        with publish(target) as file:
            file.write(b"written by dga_smoke\n")
        found = target.read_bytes()
        target.unlink()
        if found != b"written by dga_smoke\n":
            raise OSError(f"{target} was read back as {found[:80]!r}")
        return str(target)

    reached, served = devo_answers(), model_manager_answers()
    readable = table_is_readable()
    reached >> readable >> linq
    readable >> codes_are_understood()
    served >> model_is_in_service()
    h2o_answers()
    store_can_be_written()
