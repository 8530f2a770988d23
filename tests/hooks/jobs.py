"""Jobs at the sandbox, and what a start makes of its faults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.hooks.devo_jobs import DevoJobs

JOB = "/search/job"
WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC))


def jobs(conn_id: str = "devo_default", **comments: str) -> DevoJobs:
    return DevoJobs(DevoHook(conn_id, comments=comments or None))


def closed(devo: Any) -> Window:
    return Window(devo.window["from_"], devo.window["to"])


def to_come(devo: Any) -> Window:
    return Window(devo.window["from_"], datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1))


START_FAULTS = {
    "refuse": "DevoTransientError",
    "reset": "DevoTransientError",
    "auth": "DevoAuthError",
    "http_503": "DevoTransientError",
    "http_429": "DevoThrottledError",
    "html_502": "DevoTransientError",
    "html_200": "DevoResultError",
    "bad_param": "DevoQueryError",
    "odd_error": "DevoTransientError",
    "odd_error_null": "DevoQueryError",
    "odd_error_text": "DevoTransientError",
    "launch_200": "DevoQueryError",
    "empty_200": "DevoTransientError",
    "stall_headers": "DevoTransientError",
    "json_status": "DevoTransientError",
    "json_error": "DevoTransientError",
    "length_long": "DevoTransientError",
    "length_short": "DevoTransientError",
}
