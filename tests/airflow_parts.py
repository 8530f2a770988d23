"""As much of Airflow around a task as a test needs: a context, StatsD, a mailbox, a database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ports import free_port
from tests.statsd_server import StatsdServer


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[StatsdServer]:
    """Serve StatsD, and set Airflow to send its metrics there, as ``airflow.cfg`` would."""
    from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
    from airflow.sdk.observability import stats
    from airflow.sdk.observability.metrics.stats_utils import get_stats_factory

    with StatsdServer() as server:
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_HOST", "127.0.0.1")
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_PORT", str(server.port))
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED", "True")
        # as Airflow's task runner does when a task starts
        stats.initialize(factory=get_stats_factory(), export_legacy_names=True)
        yield server
        stats.initialize(factory=NoStatsLogger, export_legacy_names=True)


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Serve SMTP for the connection ``smtp_default``; holds the envelopes of what was mailed."""
    from aiosmtpd.controller import Controller

    arrived: list[Any] = []

    class Keep:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            arrived.append(envelope)
            return "250 OK"

    serving = Controller(Keep(), hostname="127.0.0.1", port=free_port())
    serving.start()
    extra = {"disable_ssl": True, "disable_tls": True}
    smtp = {"conn_type": "smtp", "host": "127.0.0.1", "port": serving.port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp))
    monkeypatch.setenv("DEVO_DGA_MAIL_TO", "soc@example.com,duty@example.com")
    yield arrived
    serving.stop()


@pytest.fixture
def context() -> dict[str, Any]:
    """Return as much of a task's context as the operators read, made of Airflow's own parts."""
    from airflow.sdk.api.datamodels._generated import DagRun, DagRunState, DagRunType
    from airflow.sdk.execution_time.context import OutletEventAccessors

    run_after = datetime(2026, 1, 5, 3, tzinfo=UTC)
    run = DagRun(
        dag_id="a_dag",
        run_id="manual__2026-01-05T03:00:00+00:00",
        run_after=run_after,
        run_type=DagRunType.MANUAL,
        logical_date=None,
        data_interval_start=None,
        data_interval_end=None,
        end_date=None,
        partition_key=None,
        start_date=run_after,
        state=DagRunState.RUNNING,
        consumed_asset_events=[],
    )
    return {"dag_run": run, "run_id": run.run_id, "outlet_events": OutletEventAccessors(), "params": {}}


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Make Airflow's metadata database, for ``dag.test()``."""
    from airflow.utils.db import initdb

    initdb()
