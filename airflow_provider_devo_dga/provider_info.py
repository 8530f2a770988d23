"""What Airflow may discover about this provider. Imports nothing: the CLI reads it at every start."""

from __future__ import annotations

from typing import Any

_PACKAGE = "airflow_provider_devo_dga"


def get_provider_info() -> dict[str, Any]:
    """Return the provider's description in Airflow's form."""
    return {
        "package-name": "airflow-provider-devo-dga",
        "name": "Devo DGA",
        "description": "DGA detection with H2O models, registered and scored in Devo.",
        "integrations": [
            _integration("Devo", "https://docs.devo.com/", "service"),
            _integration("H2O", "https://docs.h2o.ai/h2o/latest-stable/h2o-docs/", "software"),
            _integration("MLflow", "https://mlflow.org/docs/", "software"),
        ],
        "operators": [
            _modules(
                "Devo",
                "operators.check_linq",
                "operators.devo_job",
                "operators.devo_query",
                "operators.dga_report",
                "operators.backtest_model",
                "operators.gate_model",
                "operators.probe_model",
                "operators.promote_model",
                "operators.register_model",
                "operators.send_detections",
                "operators.watch_drift",
            ),
            _modules("H2O", "operators.h2o_train"),
            _modules("MLflow", "operators.record_training"),
        ],
        "sensors": [_modules("Devo", "sensors.devo_query")],
        "triggers": [_modules("Devo", "triggers.devo_job", "triggers.devo_query")],
        "hooks": [
            _modules("Devo", "hooks.devo", "hooks.devo_events", "hooks.devo_jobs", "hooks.ml_model_manager"),
            _modules("H2O", "hooks.h2o"),
            _modules("MLflow", "hooks.mlflow"),
        ],
        "asset-uris": [{"schemes": ["devo-mlmm"], "handler": f"{_PACKAGE}.assets.normalise_model_uri"}],
        "extra-links": [
            f"{_PACKAGE}.links.h2o_flow.H2OFlowLink",
            f"{_PACKAGE}.links.mlflow_run.MLflowRunLink",
        ],
        "connection-types": [_devo(), _devo_events(), _model_manager(), _h2o(), _mlflow()],
    }


def _integration(name: str, docs: str, tag: str) -> dict[str, Any]:
    return {"integration-name": name, "external-doc-url": docs, "tags": [tag]}


def _modules(integration: str, *names: str) -> dict[str, Any]:
    return {"integration-name": integration, "python-modules": [f"{_PACKAGE}.{name}" for name in names]}


def _devo() -> dict[str, Any]:
    return _connection(
        "devo",
        "Devo",
        "devo.DevoHook",
        {
            "api_key": _secret("API key", "With the API secret, instead of a token"),
            "api_secret": _secret("API secret", "Signs each request; never sent"),
            "jwt_token": _secret("JWT", "Instead of a token"),
            "verify": _verify(),
            "timeout": _text("Timeout", "Seconds for a whole answer", "600"),
            "retries": _text("Retries", "Further attempts after a fault that may pass", "3"),
            "concurrency": _text("Concurrency", "Queries a triggerer asks at once", "16"),
            "completeness": _text(
                "Completeness",
                "auto and count let Devo count what was read; framing is enough where no proxy is on the way",
                "auto",
            ),
        },
        hidden=["schema", "login", "extra"],
        relabeling={"host": "API address", "password": "Token"},
        placeholders={"host": "apiv2-us.devo.com"},
    )


def _devo_events() -> dict[str, Any]:
    return _connection(
        "devo_events",
        "Devo events",
        "devo_events.DevoEventsHook",
        {
            "private_key": _secret("Private key", "PEM: the text, or its path on the workers"),
            "cert": _text("Certificate", "The client's, PEM: the text, or its path on the workers"),
            "chain": _text("Chain", "The authorities to trust, PEM: the text, or its path on the workers"),
            "timeout": _text("Timeout", "Seconds for connecting and for each wait", "30"),
            "retries": _text("Retries", "Further attempts to connect", "3"),
        },
        hidden=["schema", "login", "password", "extra"],
        relabeling={"host": "Collector"},
        placeholders={"host": "collector-us.devo.io", "port": "443"},
    )


def _model_manager() -> dict[str, Any]:
    return _connection(
        "devo_mlmm",
        "Devo ML Model Manager",
        "ml_model_manager.MLModelManagerHook",
        {
            "auth_type": _text("Authentication", "standalone or bearer", "standalone"),
            "verify": _verify(),
            "retries": _text("Retries", "Further attempts after a fault that may pass", "3"),
        },
        hidden=["schema", "login", "extra"],
        relabeling={"host": "API address", "password": "Token"},
        placeholders={"host": "api-us.devo.com"},
    )


def _h2o() -> dict[str, Any]:
    return _connection(
        "h2o",
        "H2O",
        "h2o.H2OHook",
        {
            "context_path": _text("Context path", "Path below the host, when the cluster has one"),
            "verify": _verify(),
        },
        hidden=["extra"],
        relabeling={"schema": "https or http", "login": "User"},
        placeholders={"host": "h2o.example.com", "port": "54321", "schema": "https"},
    )


def _mlflow() -> dict[str, Any]:
    return _connection(
        "mlflow",
        "MLflow",
        "mlflow.MLflowHook",
        {"verify": _verify()},
        hidden=["schema", "extra"],
        relabeling={"host": "Tracking URI", "login": "User", "password": "Password or token"},
        placeholders={"host": "https://mlflow.example.com"},
    )


def _connection(
    kind: str, name: str, hook: str, fields: dict[str, Any], *, hidden: list[str], **form: dict[str, str]
) -> dict[str, Any]:
    return {
        "connection-type": kind,
        "hook-name": name,
        "hook-class-name": f"{_PACKAGE}.hooks.{hook}",
        "conn-fields": fields,
        "ui-field-behaviour": {"hidden-fields": hidden, **form},
    }


def _verify() -> dict[str, Any]:
    return _text(
        "Verify",
        "true, false, or the authorities to trust: PEM text, or path of a file or folder",
        "true",
    )


def _text(label: str, description: str, default: str | None = None) -> dict[str, Any]:
    return _field(label, description, type=["string", "null"], default=default)


def _secret(label: str, description: str) -> dict[str, Any]:
    return _field(label, description, type=["string", "null"], format="password")


def _field(label: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": schema}
