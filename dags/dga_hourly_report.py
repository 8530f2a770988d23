"""Report every hour which clients ask for algorithmically generated domains.

window → wait for its events → plan the query for the model in service → score in Devo → report; tell people
when something changes, and send the detections into Devo where a table for them is set. The traffic is
compared with what the model was trained on: drift that lasts wakes ``dga_weekly_retrain``.
Runs also when a new model is promoted, for the last full hour.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import (
    DAG,
    Asset,
    AssetOrTimeSchedule,
    CronDataIntervalTimetable,
    ObjectStoragePath,
    Param,
    task,
)
from airflow.sdk.definitions.asset import Model
from airflow.sdk.exceptions import AirflowSkipException

from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.operators.dga_report import DGAReportOperator
from airflow_provider_devo_dga.operators.send_detections import SendDetectionsOperator
from airflow_provider_devo_dga.operators.watch_drift import WatchDriftOperator
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor
from airflow_provider_devo_dga.storage import default_store
from airflow_provider_devo_dga.tasks.retries import DEVO_RETRY_POLICY

# Params with this pattern are refused when a run is triggered, before anything is trained or asked.
NAME = "[A-Za-z_][A-Za-z0-9_]*"
TABLE = f"^{NAME}([.]{NAME})*$"
# Sections of the form that *Trigger* shows.
WINDOW = "Window"
EVENTS = "Events"
MODEL = "Model"
REPORT = "Report"
CONNECTIONS = "Connections"
TEXT: dict[str, Any] = {"type": "string", "section": MODEL}
CONNECTION: dict[str, Any] = {"type": "string", "section": CONNECTIONS}
COLUMN: dict[str, Any] = {"type": "string", "pattern": f"^{NAME}$", "section": EVENTS}
CODE = {"type": ["string", "integer"], "pattern": "^[A-Za-z0-9_ -]{1,64}$"}
CODES: dict[str, Any] = {"type": "array", "items": CODE, "minItems": 1, "section": EVENTS}
FILE: dict[str, Any] = {"type": ["null", "string"], "section": REPORT}
DOMAINS: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "section": REPORT}
DGA_MODEL = Model(name="dga_classifier", uri="devo-mlmm://self/dga_classifier")
DGA_REPORT = Asset(name="dga_hourly_report", uri="x-devo-dga://reports/hourly")
DGA_DRIFT = Asset(name="dga_drift", uri="x-devo-dga://drift/lasting")
# Can be set for a whole installation, or per run by the params below.
STORE = default_store()
MAIL_TO = os.environ.get("DEVO_DGA_MAIL_TO")


# [START notifiers]
def notifiers() -> list[Any]:
    """Return who is told when clients stand out; a chat's notifier goes beside the mail."""
    if not MAIL_TO:
        return []
    # only where it is wanted: its import takes longer than all the rest
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    mail = SmtpNotifier(
        to=MAIL_TO.split(","),
        from_email=os.environ.get("DEVO_DGA_MAIL_FROM", "airflow@localhost"),
        subject="DGA report: {{ ti.xcom_pull('report')['headline'] }}",
        # a headline names clients as the events do
        html_content=(
            "{% set found = ti.xcom_pull('report') %}"
            "<p>{{ found['headline'] | e }}</p><p>{{ found['news'] | e }}</p><p>{{ found['html'] | e }}</p>"
        ),
    )
    return [mail]


# [END notifiers]
with DAG(
    dag_id="dga_hourly_report",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        timetable=CronDataIntervalTimetable("0 * * * *", timezone="UTC"), assets=[DGA_MODEL]
    ),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=2,
    tags=["devo", "dga", "report"],
    default_args={
        "owner": "security",
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        # far more than any task needs, and than a deferred sensor may wait
        "execution_timeout": timedelta(hours=2),
        "retry_policy": DEVO_RETRY_POLICY,
    },
    params={
        "from": Param(
            None,
            "Start of the window, instead of the interval's",
            type=["null", "string"],
            format="date-time",
            section=WINDOW,
        ),
        "to": Param(None, "Its end, excluded", type=["null", "string"], format="date-time", section=WINDOW),
        "min_events": Param(
            1, "Wait for at least this many events", type="integer", minimum=1, section=WINDOW
        ),
        "lag_minutes": Param(
            0,
            "Wait so long after the window's end for late events",
            type="number",
            minimum=0,
            maximum=45,
            section=WINDOW,
        ),
        "table": Param(
            "demo.ecommerce.data", "Table with the events", type="string", pattern=TABLE, section=EVENTS
        ),
        "field": Param("referralUri", "Its column with URIs or hosts", **COLUMN),
        "field_kind": Param("uri", "What that column holds", enum=["uri", "host"], section=EVENTS),
        "client_field": Param("clientIpAddress", "Its column that names who asked", **COLUMN),
        "code_field": Param(
            None,
            "Its column with the response code of a look-up; null: there is none",
            **(COLUMN | {"type": ["null", "string"]}),
        ),
        "failed_codes": Param(["NXDOMAIN", "3"], "Its values that mean that a name got no answer", **CODES),
        "model_name": Param("dga_classifier", "Model in service", pattern="^[A-Za-z0-9_.-]{1,64}$", **TEXT),
        "devo_domain": Param(
            "self", "Devo domain that owns the model", pattern="^[A-Za-z0-9_.@-]{1,128}$", **TEXT
        ),
        "models_dir": Param(f"{STORE}/models", "Folder of trained models; says what features mean", **TEXT),
        "drift_limit": Param(
            0.25,
            "Population stability index of a feature above which it has drifted",
            type="number",
            exclusiveMinimum=0,
            section=MODEL,
        ),
        "reports_dir": Param(
            f"{STORE}/reports", "Folder for reports; shared by all workers", type="string", section=REPORT
        ),
        "allow": Param([], "Domains never to flag; .suffix for all below it", **DOMAINS),
        "allow_file": Param(None, "Text file with more of them, one a line", **FILE),
        "watch": Param(
            [], "Domains, .suffix and hosts to show on top when seen, whatever the model says", **DOMAINS
        ),
        "watch_file": Param(None, "Text file with more of them, one a line", **FILE),
        "no_alarm": Param(
            [], "Clients whose findings raise no alarm, such as resolvers: addresses, networks", **DOMAINS
        ),
        "no_alarm_file": Param(None, "Text file with more of them, one a line", **FILE),
        "detections_table": Param(
            None,
            "Custom table of Devo to send detections to, my.app.<word>.<word>; null: none",
            type=["null", "string"],
            pattern=f"^my[.]app[.]{NAME}[.]{NAME}$",
            section=REPORT,
        ),
        "devo_conn_id": Param("devo_default", "To Devo", **CONNECTION),
        "mlmm_conn_id": Param("devo_mlmm_default", "To the ML Model Manager", **CONNECTION),
        "events_conn_id": Param("devo_events_default", "For sending detections", **CONNECTION),
    },
    render_template_as_native_obj=True,
) as dag:

    @task
    def plan(params: dict[str, Any], **context: Any) -> dict[str, Any]:
        """Decide the window, and the queries for the model in service; nothing is spliced unchecked."""
        from airflow_provider_devo_dga.devo_api.window import keyed
        from airflow_provider_devo_dga.features.linq import HostSource, enough_events_query
        from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
        from airflow_provider_devo_dga.models.scoring_plan import scoring_plan
        from airflow_provider_devo_dga.tasks.run_window import run_window

        window = run_window({"params": params, **context})
        source = HostSource(
            table=params["table"],
            field=params["field"],
            client_field=params["client_field"],
            kind=params["field_kind"],
            code_field=params["code_field"],
            failed_codes=params["failed_codes"],
        )
        model = MLModelManagerHook(params["mlmm_conn_id"]).get_model(params["model_name"])
        scoring = scoring_plan(
            model,
            source,
            devo_domain=params["devo_domain"],
            devo_conn_id=params["devo_conn_id"],
            models_dir=ObjectStoragePath(params["models_dir"]),
        )
        return {
            "from": window.start.isoformat(),
            "to": window.end.isoformat(),
            "rows": f"{params['reports_dir']}/rows/{keyed(window.slug, scoring.source_key)}.parquet",
            "source": source.to_dict(),
            "enough_events": enough_events_query(source, params["min_events"]),
            "scoring_query": scoring.query,
            "scoring": scoring.to_dict(),
        }

    planned = plan()

    # [START sensor]
    wait_for_events = DevoQuerySensor(
        task_id="wait_for_events",
        query=planned["enough_events"],
        from_=planned["from"],
        to=planned["to"],
        lateness="{{ params.lag_minutes * 60 }}",
        devo_conn_id="{{ params.devo_conn_id }}",
        poke_interval=60,
        timeout=timedelta(hours=1),
        mode="reschedule",
    )
    # [END sensor]

    # [START classify]
    classify = DevoQueryOperator(
        task_id="classify",
        query=planned["scoring_query"],
        from_=planned["from"],
        to=planned["to"],
        output_path=planned["rows"],
        devo_conn_id="{{ params.devo_conn_id }}",
    )
    # [END classify]

    report = DGAReportOperator(
        task_id="report",
        rows=classify.output,
        plan=planned["scoring"],
        source=planned["source"],
        output_dir="{{ params.reports_dir }}",
        allow="{{ params.allow }}",
        allow_file="{{ params.allow_file }}",
        watch="{{ params.watch }}",
        watch_file="{{ params.watch_file }}",
        no_alarm="{{ params.no_alarm }}",
        no_alarm_file="{{ params.no_alarm_file }}",
        models_dir="{{ params.models_dir }}",
        lag_minutes="{{ params.lag_minutes }}",
        devo_domain="{{ params.devo_domain }}",
        devo_conn_id="{{ params.devo_conn_id }}",
        outlets=[DGA_REPORT],
    )

    # [START tell]
    @task(on_success_callback=notifiers())
    def tell(found: dict[str, Any]) -> str:
        """Succeed, and so tell people, when a client is new, worse or back, and daily; skip otherwise."""
        if not found["news"]:
            raise AirflowSkipException("No client stands out, or nothing changed since people were told")
        return f"{found['headline']} {found['news']}"

    # [END tell]

    # [START send]
    send_detections = SendDetectionsOperator(
        task_id="send_detections",
        report=report.output,
        table="{{ params.detections_table }}",
        devo_conn_id="{{ params.devo_conn_id }}",
        events_conn_id="{{ params.events_conn_id }}",
    )
    # [END send]

    # [START drift]
    drift = WatchDriftOperator(
        task_id="watch_drift",
        rows=classify.output,
        plan=planned["scoring"],
        models_dir="{{ params.models_dir }}",
        output_dir="{{ params.reports_dir }}/drift",
        limit="{{ params.drift_limit }}",
    )
    # [END drift]

    # [START drift_alarm]
    @task(outlets=[DGA_DRIFT])
    def drift_alarm(found: dict[str, Any]) -> dict[str, Any]:
        """Succeed, and so tell who waits for it, when drift has lasted; skip otherwise.

        Put your notifier into ``on_success_callback``.
        """
        if not found["alarm"]:
            raise AirflowSkipException("No drift that lasts and was not told of today")
        return found["worst"]

    # [END drift_alarm]

    wait_for_events >> classify >> report
    tell(report.output)
    drift_alarm(drift.output)
