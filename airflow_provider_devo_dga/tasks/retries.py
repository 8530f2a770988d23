"""Which errors are worth a retry: give ``DEVO_RETRY_POLICY`` to tasks or to a Dag's ``default_args``."""

from __future__ import annotations

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

_HOPELESS = (
    "DevoPermanentError",
    "DocumentError",
    "StorageError",
    "FeatureError",
    "SourceError",
    "SourcesError",
    "ReportError",
    "HistoryConfigError",
    "DriftError",
    "DatasetError",
    "TrainingParameterError",
    "H2OConfigError",
    "MojoExportError",
)

DEVO_RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=f"airflow_provider_devo_dga.errors.{name}",
            action=RetryAction.FAIL,
            reason="the same call would fail again",
        )
        for name in _HOPELESS
    ]
)
"""Fails at once where the same call would fail again (credentials, bad LINQ, unusable data, no MOJO)."""
