"""Connections of every type to one server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.hooks import ways
from tests.hooks.ways import SECRET, TYPES

_BUNDLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture
def define(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what defines them; where nobody says otherwise, only a proxy could find the server."""
    for name in (*_BUNDLES, *(f"{kind}_proxy" for kind in ("http", "https", "all", "no"))):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    hasty = SimpleNamespace(**vars(time) | {"sleep": lambda _: None})
    monkeypatch.setattr("h2o.backend.connection.time", hasty)

    def connections(
        host: str = "devo.example", port: int = 8443, timeout: float = 20.0, **extra: Any
    ) -> None:
        monkeypatch.setattr(ways, "seconds", timeout)
        monkeypatch.setattr("airflow_provider_devo_dga.training.cluster.connection._OPENING_SECONDS", timeout)
        extra = {"timeout": timeout, "retries": 0, **extra}
        at: dict[str, Any] = {"host": host, "port": port, "password": SECRET, "extra": extra}
        for kind in TYPES:
            fields = at | {"conn_type": kind} | ({"login": "somebody"} if kind == "h2o" else {})
            monkeypatch.setenv(f"AIRFLOW_CONN_{kind.upper()}_WAY", json.dumps(fields))

    return connections
