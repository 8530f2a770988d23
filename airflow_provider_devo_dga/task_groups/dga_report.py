"""The tasks that make one source's report: plan → wait → classify → report → send; watch drift beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from airflow.sdk import ObjectStoragePath, task

from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from airflow_provider_devo_dga.operators.dga_report import DGAReportOperator
from airflow_provider_devo_dga.operators.send_detections import SendDetectionsOperator
from airflow_provider_devo_dga.operators.watch_drift import WatchDriftOperator
from airflow_provider_devo_dga.sensors.devo_query import DevoQuerySensor

_SPREAD_SECONDS = 600
"""Over so long the first questions of many sources are spread, so that Devo is not asked by all at once."""


class ReportTasks(NamedTuple):
    """Outputs of the tasks of one source, for those behind them.

    :param report: what ``DGAReportOperator`` returned.
    :param drift: what ``WatchDriftOperator`` returned.
    :param mail_to: addresses of those who are told, empty when the source names none.
    :param model: the model that serves, as ``<connection of its Model Manager> <name>``.
    """

    report: Any
    drift: Any
    mail_to: Any
    model: Any


def dga_report_tasks(source: Any, *, outlets: Any = (), seconds: float = 3600) -> ReportTasks:
    """Add the tasks that report one source to the Dag, or task group, that is open.

    In a task group that is mapped over sources, each source fails, is retried and cleared by itself, and
    Airflow's grid shows its name::

        @task_group
        def report(source):
            dga_report_tasks(source)

        report.expand(source=[{"name": "berlin", "table": "dns.berlin", …}, …])

    :param source: the fields of :class:`~airflow_provider_devo_dga.sources.source.Source` as a mapping, such
        as ``Source(…).to_dict()``; or a task's output, or what the group is mapped over.
    :param outlets: assets that a written report updates.
    :param seconds: how long events are waited for.
    """
    planned: Any = plan(source=source)
    # a mapped task is called by its source, also in a group within groups
    name = f"{{{{ ti.xcom_pull('{planned.operator.task_id}', key='name', map_indexes=ti.map_index) }}}}"

    # [START sensor]
    wait_for_events = DevoQuerySensor(
        task_id="wait_for_events",
        query=planned["enough_events"],
        from_=planned["from"],
        to=planned["to"],
        lateness=planned["lateness"],
        devo_conn_id=planned["devo_conn_id"],
        poke_interval=60,
        timeout=timedelta(seconds=seconds),
        mode="reschedule",
        map_index_template=name,
    )
    # [END sensor]

    # [START classify]
    classify = DevoQueryOperator(
        task_id="classify",
        query=planned["scoring_query"],
        from_=planned["from"],
        to=planned["to"],
        output_path=planned["rows"],
        devo_conn_id=planned["devo_conn_id"],
        map_index_template=name,
    )
    # [END classify]
    scored: Any = classify.output

    report = DGAReportOperator(
        task_id="report",
        rows=scored,
        plan=planned["scoring"],
        source=planned["hosts"],
        output_dir=planned["reports_dir"],
        allow=planned["allow"],
        allow_file=planned["allow_file"],
        watch=planned["watch"],
        watch_file=planned["watch_file"],
        no_alarm=planned["no_alarm"],
        no_alarm_file=planned["no_alarm_file"],
        models_dir=planned["models_dir"],
        lag_minutes=planned["lag_minutes"],
        devo_domain=planned["devo_domain"],
        devo_conn_id=planned["devo_conn_id"],
        outlets=outlets or None,
        map_index_template=name,
    )

    reported: Any = report.output

    # [START send]
    SendDetectionsOperator(
        task_id="send_detections",
        report=reported,
        table=planned["detections_table"],
        devo_conn_id=planned["devo_conn_id"],
        events_conn_id=planned["events_conn_id"],
        map_index_template=name,
    )
    # [END send]

    # [START drift]
    drift = WatchDriftOperator(
        task_id="watch_drift",
        rows=scored,
        plan=planned["scoring"],
        models_dir=planned["models_dir"],
        output_dir=planned["drift_dir"],
        limit=planned["drift_limit"],
        map_index_template=name,
    )
    # [END drift]

    wait_for_events >> classify
    return ReportTasks(reported, drift.output, planned["mail_to"], planned["model"])


@task(multiple_outputs=True, map_index_template="{{ task.op_kwargs['source']['name'] }}")
def plan(source: Mapping[str, Any], **context: Any) -> dict[str, Any]:
    """Decide the window, and the queries for the model in service; nothing is spliced unchecked."""
    from airflow_provider_devo_dga.devo_api.window import keyed
    from airflow_provider_devo_dga.features.linq import enough_events_query
    from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
    from airflow_provider_devo_dga.models.scoring_plan import scoring_plan
    from airflow_provider_devo_dga.sources.source import Source
    from airflow_provider_devo_dga.tasks.run_window import run_window

    wanted = Source.of(source)
    window = run_window(context)
    scoring = scoring_plan(
        MLModelManagerHook(wanted.mlmm_conn_id).get_model(wanted.model_name),
        wanted.hosts,
        devo_domain=wanted.devo_domain,
        devo_conn_id=wanted.devo_conn_id,
        models_dir=ObjectStoragePath(wanted.models),
    )
    return {
        **wanted.to_dict(),
        "from": window.start.isoformat(),
        "to": window.end.isoformat(),
        "lateness": 60 * wanted.lag_minutes + _delay(context["ti"].map_index),
        "rows": f"{wanted.reports}/rows/{keyed(window.slug, scoring.source_key)}.parquet",
        "models_dir": wanted.models,
        "reports_dir": wanted.reports,
        "drift_dir": f"{wanted.reports}/drift",
        "hosts": wanted.hosts.to_dict(),
        "model": f"{wanted.mlmm_conn_id} {wanted.model_name}",
        "enough_events": enough_events_query(wanted.hosts, wanted.min_events),
        "scoring_query": scoring.query,
        "scoring": scoring.to_dict(),
    }


def _delay(map_index: int) -> float:
    """Return the seconds that a source waits for those before it: two each, and from the start again."""
    return 2 * max(map_index, 0) % _SPREAD_SECONDS
