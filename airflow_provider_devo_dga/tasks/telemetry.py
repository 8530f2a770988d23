"""Figures for Airflow's own metrics: they go to StatsD, Datadog or OpenTelemetry, as Airflow is set."""

from __future__ import annotations

import logging
from datetime import timedelta

from airflow_provider_devo_dga.devo_api.attempts import Observer
from airflow_provider_devo_dga.tasks.identity import TaskIdentity

log = logging.getLogger(__name__)


def count(name: str, number: int = 1) -> None:
    """Add to the counter ``devo_dga.<name>``."""
    _send("incr", name, number)


def gauge(name: str, value: float | None) -> None:
    """Set the gauge ``devo_dga.<name>``, unless its value is not known."""
    if value is not None:
        _send("gauge", name, value)


def timing(name: str, seconds: float) -> None:
    """Record a duration of ``devo_dga.<name>``; the backends store milliseconds."""
    _send("timing", name, timedelta(seconds=seconds))


class QueryStats(Observer):
    """Counts what is read from Devo."""

    def answered(self, rows: int, size: int, seconds: float) -> None:
        count("query.rows", rows)
        count("query.bytes", size)
        timing("query.duration", seconds)

    def asks_again(self) -> None:
        count("request.retries")


def _send(kind: str, name: str, value: float | timedelta) -> None:
    try:
        from airflow.sdk.observability import stats

        # as Airflow tags its own metrics; outside of a task there are none
        who = TaskIdentity.running()
        tags = {"dag_id": who.dag_id, "task_id": who.task_id} if who else {}
        getattr(stats, kind)(f"devo_dga.{name}", value, tags=tags)
    except Exception as error:  # noqa: BLE001 - a backend of metrics must not fail a task
        log.warning("A metric was not sent: %r", error)
