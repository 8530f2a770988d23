"""The plugin's pages in Airflow's own API server: what they show, to whom, and what they refuse."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from airflow_provider_devo_dga.plugins.report_shelf import ReportShelf
from tests.one_run import run_once

DAG = "dga_hourly_report"
NASTY = "<script>alert(1)</script>"


def facts(
    hour: int, dag_id: str = DAG, version: str = "20260105T030000Z", infected: int = 0
) -> dict[str, Any]:
    return {
        "context": {
            "window_start": f"2026-01-05T{hour:02d}:00:00Z",
            "window_end": f"2026-01-05T{hour + 1:02d}:00:00Z",
            "dag_id": dag_id,
            "run_id": "r",
            "model_name": "dga_classifier",
            "model_version": version,
        },
        "totals": {
            "domains": 100,
            "domains_flagged": 5 + hour,
            "domains_expected_false": 1.2,
            "clients": 7,
            "clients_infected": infected,
            "clients_suspicious": 1,
        },
    }


def put(folder: Path, hour: int, **options: Any) -> str:
    slug = f"20260105T{hour:02d}0000Z_3600s"
    (folder / slug).mkdir(parents=True)
    (folder / slug / "report.json").write_text(json.dumps(facts(hour, **options)))
    (folder / slug / "report.html").write_text(f"<h1>report {hour}</h1>")
    return slug


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    monkeypatch.setenv("AIRFLOW__DEVO_DGA__REPORTS_DIR", folder.as_uri())
    return folder


@pytest.fixture(scope="module")
def app(airflow_database: None) -> Iterator[Any]:
    from airflow.api_fastapi.app import create_app, purge_cached_app

    purge_cached_app()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", secrets.token_hex(32))
        yield create_app()
    purge_cached_app()


@pytest.fixture
def ask(app: Any, reports: Path) -> Iterator[Callable[..., Any]]:
    """Ask for a path as a user with a role, or as nobody."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from starlette.testclient import TestClient

    with TestClient(app) as client:

        def get(path: str, role: str | None = "viewer", **options: Any) -> Any:
            headers = {}
            if role is not None:
                token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="u", role=role))
                headers["Authorization"] = f"Bearer {token}"
            return client.get(f"/devo-dga{path}", headers=headers, follow_redirects=False, **options)

        yield get


@pytest.mark.slow
def test_the_overview_shows_the_latest_reports_with_their_drift(ask: Any, reports: Path) -> None:
    slugs = [put(reports, hour, infected=int(hour == 9)) for hour in range(8, 12)]
    put(reports, 13, dag_id="another_dag")
    (reports / "drift").mkdir()
    (reports / "drift" / f"{slugs[1]}.json").write_text(json.dumps({"drifted": ["entropy", "length"]}))
    page = ask(f"/dags/{DAG}/reports")
    assert page.status_code == 200
    rows = re.findall(r"<tr>\n<th scope=\"row\">.*?</tr>", page.text, re.DOTALL)
    assert len(rows) == 4
    assert "2026-01-05 11:00–12:00" in rows[0]
    assert 'class="infected"' in rows[2]
    assert '<td class="n">2</td>\n</tr>' in rows[2]
    assert "another_dag" not in page.text
    assert "script" not in page.headers["Content-Security-Policy"]


@pytest.mark.slow
def test_without_reports_it_says_so(ask: Any) -> None:
    page = ask(f"/dags/{DAG}/reports")
    assert page.status_code == 200
    assert "no reports" in page.text


@pytest.mark.slow
def test_a_report_is_shown_as_it_lies(ask: Any, reports: Path) -> None:
    slug = put(reports, 8)
    page = ask(f"/dags/{DAG}/reports/{slug}")
    assert (page.status_code, page.text) == (200, "<h1>report 8</h1>")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    (reports / slug / "report.html").unlink()
    assert ask(f"/dags/{DAG}/reports/{slug}").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [f"/dags/{DAG}/reports", f"/dags/{DAG}/reports/20260105T080000Z_3600s", f"/run?dag_id={DAG}&run_id=r"],
)
def test_nobody_sees_anything_without_a_login(ask: Any, reports: Path, path: str) -> None:
    put(reports, 8)
    page = ask(path, role=None)
    assert page.status_code == 401
    assert "report 8" not in page.text


@pytest.mark.slow
@pytest.mark.parametrize(
    "slug",
    ["..", "..%2F..%2Fetc", "20260105T080000Z_3600s%2F..%2F..", "%00", "x" * 5000, NASTY, "drift"],
)
def test_nothing_outside_the_reports_is_reached(ask: Any, reports: Path, slug: str) -> None:
    put(reports, 8)
    (reports.parent / "report.html").write_text("outside")
    page = ask(f"/dags/{DAG}/reports/{slug}")
    assert page.status_code == 404
    assert "outside" not in page.text
    assert NASTY not in page.text


@pytest.mark.slow
def test_one_dags_reports_are_not_anothers(ask: Any, reports: Path) -> None:
    slug = put(reports, 8, dag_id="another_dag")
    assert ask(f"/dags/{DAG}/reports/{slug}").status_code == 404


@pytest.mark.slow
def test_what_a_report_says_is_escaped(ask: Any, reports: Path) -> None:
    put(reports, 8, version=NASTY)
    page = ask(f"/dags/{DAG}/reports")
    assert NASTY not in page.text
    assert "&lt;script&gt;" in page.text


def run_that_tells(html: str | None) -> str:
    """Run a Dag whose task tells where its report lies, as DGAReportOperator does; return the run's id."""
    from airflow import sdk

    with sdk.DAG(DAG, schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:

        @sdk.task
        def report() -> dict[str, str]:
            return {"html": html, "headline": "h"} if html else {"other": "o"}

        report()
    return str(run_once(dag).run_id)


@pytest.mark.slow
def test_a_run_leads_to_its_report_or_says_why_not(ask: Any, reports: Path) -> None:
    def asked(run_id: str) -> Any:
        return ask(f"/run?dag_id={DAG}&run_id={quote(run_id)}")

    slug = put(reports, 8)
    assert "has no report" in asked("no such run").text
    assert "has no report" in asked(run_that_tells(None)).text
    there = asked(run_that_tells(f"{reports.as_uri()}/{slug}/report.html"))
    assert (there.status_code, there.headers["location"]) == (303, f"dags/{DAG}/reports/{slug}")
    for place in (
        "file:///etc/passwd",
        f"{reports.as_uri()}/../secret/report.html",
        f"{reports.as_uri()}x/y",
    ):
        assert "lies elsewhere" in asked(run_that_tells(place)).text


def test_ten_thousand_reports_are_found_quickly(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"2025{number // 2500 + 1:02d}01T{number % 2500:06d}Z_3600s").mkdir()
    for hour in range(3):
        put(tmp_path, hour)
    began = time.monotonic()
    found = [report.slug for report in ReportShelf(tmp_path).latest(DAG, 3)]
    assert found == [f"20260105T{hour:02d}0000Z_3600s" for hour in (2, 1, 0)]
    assert time.monotonic() - began < 5  # 0.03 s on an idle machine


def test_the_plugin_imports_no_web_framework() -> None:
    import subprocess
    import sys

    code = (
        "import airflow.plugins_manager, sys; before = set(sys.modules);"
        "import airflow_provider_devo_dga.plugins.devo_dga;"
        "print(sorted({n.partition('.')[0] for n in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "['airflow_provider_devo_dga']"
