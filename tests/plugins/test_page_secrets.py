"""No page shows a secret, nor does what the API server logs while it makes one."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from airflow_provider_devo_dga.plugins.pages import pages
from tests.hooks.raw_server import RawServer, reply
from tests.plugins.stored_hours import put
from tests.plugins.stored_reports import DAG, run_that_tells

SECRETS = {
    "key of the store": "str-0c77d9a24b1e",
    "signature of a URL": "sgn-7712f3d58e0b",
    "MLflow's token": "mlf-19abe2c7708d",
    "token of a Devo connection": "tok-20aa4c1d9b7e",
}
SLUG = "20260105T080000Z_3600s"


def elsewhere(scheme: str) -> str:
    key, signature = SECRETS["key of the store"], SECRETS["signature of a URL"]
    return f"{scheme}://key:{key}@bucket/reports/report.html?X-Amz-Signature={signature}"


# each path of a route, and what may be asked there
SLUGS = [SLUG, SLUG.replace("T08", "T09"), SLUG.replace("T08", "T10"), "x"]
ASKED: dict[str, Callable[[], list[str]]] = {
    "/reports": lambda: ["/reports"],
    "/dags/{dag_id}/reports": lambda: [f"/dags/{DAG}/reports", "/dags/another/reports"],
    "/dags/{dag_id}/reports/{slug}": lambda: [f"/dags/{DAG}/reports/{slug}" for slug in SLUGS],
    "/dags/{dag_id}/reports/{slug}/{name}": lambda: [
        f"/dags/{DAG}/reports/{slug}/{name}" for slug in SLUGS for name in ("report.html", "report.json", "x")
    ],
    "/dags/{dag_id}/models/{version}/model_card.html": lambda: [
        f"/dags/{DAG}/models/{version}/model_card.html" for version in ("20260105T030000Z", "x")
    ],
    "/run": lambda: [
        f"/run?dag_id={DAG}&run_id={quote(run)}"
        for run in (
            "none",
            run_that_tells(None),
            *(run_that_tells(elsewhere(scheme)) for scheme in ("s3", "file", "https")),
        )
    ],
}


def quoting(connection: socket.socket, request: bytes) -> None:
    words = request.decode(errors="replace")
    told = json.dumps({"error_code": "PERMISSION_DENIED", "message": words})
    connection.sendall(reply(told.encode(), "Content-Type: application/json", status="403 Forbidden"))


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RawServer]:
    """Serve a model history that refuses, and quotes what it was sent."""
    with RawServer(quoting, tmp_path) as server:
        fields = {
            "conn_type": "mlflow",
            "host": f"https://127.0.0.1:{server.port}",
            "password": SECRETS["MLflow's token"],
            "extra": {"verify": server.ca_file.read_text()},
        }
        monkeypatch.setenv("AIRFLOW_CONN_HISTORY", json.dumps(fields))
        monkeypatch.setenv("AIRFLOW__DEVO_DGA__MLFLOW_CONN_ID", "history")
        yield server


@pytest.fixture
def store(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a report and a damaged one in a store whose address is secret in part."""
    put(reports, 8)
    (reports / put(reports, 9) / "report.json").write_text("{")
    address = f"file://key:{SECRETS['key of the store']}@{reports}"
    for name in ("REPORTS_DIR", "MODELS_DIR"):
        monkeypatch.setenv(f"AIRFLOW__DEVO_DGA__{name}", address)
    fields = {"conn_type": "devo", "host": "127.0.0.1", "password": SECRETS["token of a Devo connection"]}
    monkeypatch.setenv("AIRFLOW_CONN_DEVO_DEFAULT", json.dumps(fields))


@pytest.mark.slow
def test_every_route_is_searched() -> None:
    assert {route.path for route in pages().routes} == set(ASKED)


@pytest.mark.slow
@pytest.mark.parametrize("route", ASKED)
def test_a_secret_is_on_no_page(
    ask: Any,
    history: RawServer,
    store: None,
    route: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for logger in ("", "httpx", "httpcore", "urllib3", "fsspec"):
        caplog.set_level(logging.DEBUG, logger=logger or None)
    paths, left, met = ASKED[route](), [], set()
    capfd.readouterr()  # what the runs print is searched elsewhere
    caplog.clear()
    for path in paths:
        answer = ask(path)
        while "not answered yet" in answer.text:  # the first use of MLflow takes seconds
            time.sleep(1)
            answer = ask(path)
        left += [answer.text, repr(answer.headers)]
        met.add(answer.status_code)
    left += [caplog.text, *capfd.readouterr()]
    found = {kind for kind, secret in SECRETS.items() if any(secret in text for text in left)}
    assert (found, max(met) < 500) == (set(), True)
    if route == "/dags/{dag_id}/reports":
        assert history.requests
        assert "1 further report could not be read" in left[0]
    elif route == "/run":
        assert any("lies elsewhere" in text and "bucket/reports" in text for text in left)
    elif route.endswith("{name}"):
        assert "report 8" in left[0]
