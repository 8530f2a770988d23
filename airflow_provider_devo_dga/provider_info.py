"""What Airflow may discover about this provider. Imports nothing: the CLI reads it at every start."""

from __future__ import annotations

from typing import Any

_NAME = "Devo DGA"


def get_provider_info() -> dict[str, Any]:
    """Return the provider's description in Airflow's form."""
    return {
        "package-name": "airflow-provider-devo-dga",
        "name": _NAME,
        "description": "DGA detection with H2O models, registered and scored in Devo.",
        "integrations": [
            {"integration-name": "Devo", "external-doc-url": "https://docs.devo.com/", "tags": ["service"]},
            {
                "integration-name": "H2O",
                "external-doc-url": "https://docs.h2o.ai/h2o/latest-stable/h2o-docs/",
                "tags": ["software"],
            },
            {
                "integration-name": "MLflow",
                "external-doc-url": "https://mlflow.org/docs/",
                "tags": ["software"],
            },
        ],
        "operators": [
            {
                "integration-name": "Devo",
                "python-modules": [
                    "airflow_provider_devo_dga.operators.check_linq",
                    "airflow_provider_devo_dga.operators.devo_job",
                    "airflow_provider_devo_dga.operators.devo_query",
                    "airflow_provider_devo_dga.operators.dga_report",
                    "airflow_provider_devo_dga.operators.gate_model",
                    "airflow_provider_devo_dga.operators.probe_model",
                    "airflow_provider_devo_dga.operators.promote_model",
                    "airflow_provider_devo_dga.operators.register_model",
                    "airflow_provider_devo_dga.operators.send_detections",
                    "airflow_provider_devo_dga.operators.watch_drift",
                ],
            },
            {
                "integration-name": "H2O",
                "python-modules": ["airflow_provider_devo_dga.operators.h2o_train"],
            },
            {
                "integration-name": "MLflow",
                "python-modules": ["airflow_provider_devo_dga.operators.record_training"],
            },
        ],
        "sensors": [
            {"integration-name": "Devo", "python-modules": ["airflow_provider_devo_dga.sensors.devo_query"]}
        ],
        "triggers": [
            {
                "integration-name": "Devo",
                "python-modules": [
                    "airflow_provider_devo_dga.triggers.devo_job",
                    "airflow_provider_devo_dga.triggers.devo_query",
                ],
            }
        ],
        "hooks": [
            {
                "integration-name": "Devo",
                "python-modules": [
                    "airflow_provider_devo_dga.hooks.devo",
                    "airflow_provider_devo_dga.hooks.devo_events",
                    "airflow_provider_devo_dga.hooks.devo_jobs",
                    "airflow_provider_devo_dga.hooks.ml_model_manager",
                ],
            },
            {"integration-name": "H2O", "python-modules": ["airflow_provider_devo_dga.hooks.h2o"]},
            {"integration-name": "MLflow", "python-modules": ["airflow_provider_devo_dga.hooks.mlflow"]},
        ],
        "asset-uris": [
            {"schemes": ["devo-mlmm"], "handler": "airflow_provider_devo_dga.assets.normalise_model_uri"}
        ],
        "extra-links": [
            "airflow_provider_devo_dga.links.h2o_flow.H2OFlowLink",
            "airflow_provider_devo_dga.links.mlflow_run.MLflowRunLink",
        ],
        "connection-types": [_devo(), _devo_events(), _model_manager(), _h2o(), _mlflow()],
    }


def _devo() -> dict[str, Any]:
    return {
        "connection-type": "devo",
        "hook-name": "Devo",
        "hook-class-name": "airflow_provider_devo_dga.hooks.devo.DevoHook",
        "conn-fields": {
            "api_key": _secret("API key", "With the API secret, instead of a token"),
            "api_secret": _secret("API secret", "Signs each request; never sent"),
            "jwt": _secret("JWT", "Instead of a token"),
            "verify": _text("Verify", "true, false, or the path of a CA file", default="true"),
            "timeout": _text("Timeout", "Seconds for a whole answer", default="600"),
            "retries": _text("Retries", "Further attempts after a fault that may pass", default="3"),
            "concurrency": _text("Concurrency", "Queries a triggerer asks at once", default="16"),
            "completeness": _text(
                "Completeness",
                "auto and count let Devo count what was read; framing is enough where no proxy is on the way",
                default="auto",
            ),
        },
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "login", "extra"],
            "relabeling": {"host": "API address", "password": "Token"},
            "placeholders": {"host": "apiv2-us.devo.com"},
        },
    }


def _devo_events() -> dict[str, Any]:
    return {
        "connection-type": "devo_events",
        "hook-name": "Devo events",
        "hook-class-name": "airflow_provider_devo_dga.hooks.devo_events.DevoEventsHook",
        "conn-fields": {
            "key": _text("Key", "Path of the private key on the workers, PEM"),
            "cert": _text("Certificate", "Path of the client's certificate, PEM"),
            "chain": _text("Chain", "Path of the authorities to trust, PEM"),
            "timeout": _text("Timeout", "Seconds for connecting and for each wait", default="30"),
            "retries": _text("Retries", "Further attempts to connect", default="3"),
        },
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "login", "password", "extra"],
            "relabeling": {"host": "Collector"},
            "placeholders": {"host": "collector-us.devo.io", "port": "443"},
        },
    }


def _model_manager() -> dict[str, Any]:
    return {
        "connection-type": "devo_mlmm",
        "hook-name": "Devo ML Model Manager",
        "hook-class-name": "airflow_provider_devo_dga.hooks.ml_model_manager.MLModelManagerHook",
        "conn-fields": {
            "auth_type": _text("Authentication", "standalone or bearer", default="standalone"),
            "verify": _text("Verify", "true, false, or the path of a CA file", default="true"),
            "retries": _text("Retries", "Further attempts after a fault that may pass", default="3"),
        },
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "login", "extra"],
            "relabeling": {"host": "API address", "password": "Token"},
            "placeholders": {"host": "api-us.devo.com"},
        },
    }


def _h2o() -> dict[str, Any]:
    return {
        "connection-type": "h2o",
        "hook-name": "H2O",
        "hook-class-name": "airflow_provider_devo_dga.hooks.h2o.H2OHook",
        "conn-fields": {
            "context_path": _text("Context path", "Path below the host, when the cluster has one"),
            "verify": _text("Verify", "true, false, or the path of a CA file", default="true"),
        },
        "ui-field-behaviour": {
            "hidden-fields": ["extra"],
            "relabeling": {"schema": "https or http", "login": "User"},
            "placeholders": {"host": "h2o.example.com", "port": "54321", "schema": "https"},
        },
    }


def _mlflow() -> dict[str, Any]:
    return {
        "connection-type": "mlflow",
        "hook-name": "MLflow",
        "hook-class-name": "airflow_provider_devo_dga.hooks.mlflow.MLflowHook",
        "conn-fields": {
            "verify": _text("Verify", "true, false, or the path of a CA file", default="true"),
        },
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "extra"],
            "relabeling": {"host": "Tracking URI", "login": "User", "password": "Password or token"},
            "placeholders": {"host": "https://mlflow.example.com"},
        },
    }


def _text(label: str, description: str, *, default: str | None = None) -> dict[str, Any]:
    return {
        "label": label,
        "description": description,
        "schema": {"type": ["string", "null"], "default": default},
    }


def _secret(label: str, description: str) -> dict[str, Any]:
    return {
        "label": label,
        "description": description,
        "schema": {"type": ["string", "null"], "format": "password"},
    }
