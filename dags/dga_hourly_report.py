"""Report every hour which clients ask for algorithmically generated domains, for one source or for many.

For each source: window → wait for its events → plan the query for the model in service → score in Devo →
report; tell people when something changes, and send the detections into Devo where a table for them is set.
The traffic is compared with what the model was trained on: drift that lasts wakes ``dga_weekly_retrain``.
Runs also when a new model is promoted, for the last full hour.

A list of sources (``DEVO_DGA_SOURCES``, or the param ``sources``) takes the place of the params that speak of
one. A source that fails stops no other, and is cleared by itself.
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
    Param,
    task,
    task_group,
)
from airflow.sdk.definitions.asset import Model
from airflow.sdk.exceptions import AirflowSkipException

from airflow_provider_devo_dga.storage import default_store
from airflow_provider_devo_dga.task_groups.dga_report import dga_report_tasks
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
RETRAINED = "devo_mlmm_default dga_classifier"
DGA_DRIFT = Asset(name="dga_drift", uri="x-devo-dga://drift/lasting")
# Can be set for a whole installation, or per run by the params below.
STORE = default_store()
MAIL_TO = os.environ.get("DEVO_DGA_MAIL_TO", "").split(",") if os.environ.get("DEVO_DGA_MAIL_TO") else []


# [START notifiers]
def mail(context: Any) -> None:
    """Tell a source's people, or else the installation's; a chat's notifier goes beside it."""
    ti = context["ti"]
    people = ti.xcom_pull(ti.task_id, map_indexes=ti.map_index)["mail_to"] or MAIL_TO
    if not people:
        return
    # only where it is wanted: its import takes longer than all the rest
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    found = "{% set found = ti.xcom_pull(ti.task_id, map_indexes=ti.map_index) %}"
    notifier = SmtpNotifier(
        to=people,
        from_email=os.environ.get("DEVO_DGA_MAIL_FROM", "airflow@localhost"),
        # names of clients are told as the events have them: text, and never a template
        subject=f"{found}DGA report: {{{{ found['headline'] }}}}",
        html_content=found
        + "".join(f"<p>{{{{ found['{key}'] | e }}}}</p>" for key in ("headline", "news", "html")),
    )
    notifier(context)


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
        "sources": Param(
            None,
            "List of sources, YAML or JSON: its URI, or variable:<name>; null: what DEVO_DGA_SOURCES says,"
            " else the one source of these params",
            type=["null", "string"],
            section=EVENTS,
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
    def sources(params: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the listed sources; without a list, the one that the params tell of."""
        from airflow_provider_devo_dga.sources.source import Source
        from airflow_provider_devo_dga.tasks.listed_sources import listed_sources

        if listed := listed_sources(params["sources"]):
            return [source.to_dict() for source in listed.sources]
        return [Source.of({**params, "name": params["table"].strip("_")[:100]}).to_dict()]

    # [START tell]
    @task(on_success_callback=[mail])
    def tell(found: dict[str, Any], mail_to: list[str]) -> dict[str, Any]:
        """Succeed, and so tell people, when a client is new, worse or back, and daily; skip otherwise."""
        if not found["news"]:
            raise AirflowSkipException("No client stands out, or nothing changed since people were told")
        return {key: found[key] for key in ("headline", "news", "html")} | {"mail_to": mail_to}

    # [END tell]

    # [START drift_alarm]
    @task
    def drift_alarm(found: dict[str, Any]) -> dict[str, Any]:
        """Succeed when drift has lasted; skip otherwise. Put your notifier into ``on_success_callback``."""
        if not found["alarm"]:
            raise AirflowSkipException("No drift that lasts and was not told of today")
        return found["worst"]

    # [END drift_alarm]

    @task(outlets=[DGA_DRIFT])
    def retrain(_: dict[str, Any], model: str) -> None:
        """Wake ``dga_weekly_retrain`` when it is the model that it trains which no longer fits."""
        if model != RETRAINED:
            raise AirflowSkipException("dga_weekly_retrain trains another model; trigger it for this one")

    # [START group]
    @task_group
    def source(source: dict[str, Any]) -> None:
        """Report one source."""
        made = dga_report_tasks(source, outlets=[DGA_REPORT])
        tell(made.report, made.mail_to)
        retrain(drift_alarm(made.drift), made.model)

    # [END group]

    @task
    def list_is_good(params: dict[str, Any]) -> None:
        """Fail when the list cannot be used, and the last good one served."""
        from airflow.sdk.exceptions import AirflowFailException

        from airflow_provider_devo_dga.tasks.listed_sources import listed_sources

        listed = listed_sources(params["sources"])
        if listed and listed.problem:
            raise AirflowFailException(listed.problem)

    named = sources()
    source.expand(source=named)
    named >> list_is_good()
