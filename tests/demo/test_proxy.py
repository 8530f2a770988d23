"""The demo where the environment names a proxy: all of it runs on this machine, before which none stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from demo import ui
from demo.airflow_home import airflow_environment
from demo.sandbox_process import SandboxAddress
from tests.proxy_server import ProxyServer

HEALTH = {part: {"status": "healthy"} for part in ("scheduler", "dag_processor", "triggerer")}
SANDBOX = SandboxAddress(
    "https://127.0.0.1:1/search/query", "https://127.0.0.1:1/mlmodelmanager", "ca.pem", "t"
)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProxyServer]:
    with ProxyServer() as server:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.port}")
            monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{server.port}")
        monkeypatch.setenv("no_proxy", "inner.example")
        monkeypatch.setenv("NO_PROXY", "inner.example,other.example")
        yield server


def test_airflow_is_asked_without_it(proxy: ProxyServer) -> None:
    with ProxyServer(json.dumps(HEALTH).encode()) as airflow:
        assert ui._is_healthy(f"http://127.0.0.1:{airflow.port}")
        assert airflow.asked == ["GET /api/v2/monitor/health"]
    assert proxy.asked == []


@pytest.mark.usefixtures("proxy")
def test_airflow_speaks_without_it_to_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment = airflow_environment(tmp_path, SANDBOX, tmp_path, tmp_path)
    for name in ("no_proxy", "NO_PROXY"):
        assert environment[name] == "127.0.0.1,localhost,inner.example,other.example"
        monkeypatch.setenv(name, environment[name])
    for url in (SANDBOX.url, "http://localhost:8080", "https://inner.example", "https://other.example"):
        assert requests.utils.get_environ_proxies(url) == {}
    assert requests.utils.get_environ_proxies("https://elsewhere.example")
