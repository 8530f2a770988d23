"""The plugin's pages in Airflow's own API server: what they show, to whom, and what they refuse."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.page_tables import cells
from tests.plugins.stored_hours import facts, put, put_drift
from tests.plugins.stored_reports import DAG
from tests.reports.damage import DAMAGED

NASTY = "<script>alert(1)</script>"


@pytest.mark.slow
def test_the_overview_shows_the_latest_reports_with_their_drift(ask: Any, reports: Path) -> None:
    slugs = [put(reports, hour, infected=int(hour == 9)) for hour in range(8, 12)]
    put(reports, 13, dag_id="another_dag")
    put_drift(reports, slugs[1], entropy=0.4, length=0.3, vowels=0.01)
    page = ask(f"/dags/{DAG}/reports")
    assert page.status_code == 200
    table = page.text[page.text.index('aria-label="Reports"') :]
    rows = re.findall(r"<tr>\s*<th scope=\"row\".*?</tr>", table, re.DOTALL)
    assert len(rows) == 4
    assert "2026-01-05 11:00–12:00" in rows[0]
    assert 'class="badge infected"' in rows[2]
    assert rows[2].rstrip().endswith('<td class="n">2</td>\n</tr>')
    # it is led to, for whoever may see it, and no more
    assert page.text.count("another_dag") == 2
    assert '<a href="../another_dag/reports">another_dag</a>' in page.text
    assert "script" not in page.headers["Content-Security-Policy"]


@pytest.mark.slow
def test_the_overview_shows_drift_by_window_and_by_feature(ask: Any, reports: Path) -> None:
    slugs = [put(reports, hour) for hour in range(8, 11)]
    put_drift(reports, slugs[0], share_flagged=0.01, entropy=0.02, length=0.05)
    put_drift(reports, slugs[1], share_flagged=0.1, entropy=0.4, length=0.05)
    put_drift(reports, slugs[2], domains=150, share_flagged=0.01, entropy=0.6, length=0.05)
    text = ask(f"/dags/{DAG}/reports").text
    features = cells(text, "Drift by feature")
    assert features == [["entropy", "0.60", "0.40", "0.60", "1"], ["length", "0.05", "0.05", "0.05", "0"]]
    by_window = cells(text, "Drift by window")
    assert [row[1] for row in by_window] == ["too few domains", "drift", "none"]
    # (0.1 - 0.01) ln(0.1/0.01) + (0.9 - 0.99) ln(0.9/0.99)
    assert [row[4] for row in by_window] == ["0.00", "0.22", "0.00"]
    assert [row[2] for row in by_window] == ["1 %", "10 %", "1 %"]
    [model] = cells(text, "models")
    assert model[-2:] == ["3", "1 of 3 windows"]


@pytest.mark.slow
def test_drift_that_lasts_is_told_with_the_model(ask: Any, reports: Path) -> None:
    for hour in range(8, 11):
        put_drift(reports, put(reports, hour), {"alarm": hour == 10}, entropy=0.4)
    text = ask(f"/dags/{DAG}/reports").text
    assert cells(text, "models")[0][-1] == "lasting, 3 of 3 windows"
    assert cells(text, "Drift by window")[0][1] == "alarm"
    assert "Drift has lasted" in text


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["[]", "{", '{"domains": "x"}', '{"index": [1]}'])
def test_a_record_of_drift_that_cannot_be_read_is_left_out(ask: Any, reports: Path, broken: str) -> None:
    slug = put(reports, 8)
    (reports / "drift").mkdir()
    (reports / "drift" / f"{slug}.json").write_text(broken)
    page = ask(f"/dags/{DAG}/reports")
    assert page.status_code == 200
    assert "No window has been compared" in page.text
    assert "1 record of drift could not be read" in page.text


@pytest.mark.slow
@pytest.mark.parametrize("name", DAMAGED)
def test_a_report_that_cannot_be_read_is_counted_and_left_out(ask: Any, reports: Path, name: str) -> None:
    put(reports, 8)
    damaged = reports / put(reports, 9) / "report.json"
    content = DAMAGED[name](json.dumps(facts(9)).replace('"clients": 7', '"clients": 5'))
    damaged.write_bytes(content if isinstance(content, bytes) else content.encode())
    page = ask(f"/dags/{DAG}/reports")
    assert page.status_code == 200
    assert "1 further report could not be read" in page.text
    assert len(cells(page.text, "Reports")) == 1


@pytest.mark.slow
def test_a_folder_of_damaged_reports_is_not_called_empty(ask: Any, reports: Path) -> None:
    (reports / put(reports, 8) / "report.json").write_text("[")
    page = ask(f"/dags/{DAG}/reports")
    assert "There are no reports that can be read" in page.text
    assert "1 report could not be read" in page.text


@pytest.mark.slow
def test_a_page_that_is_a_link_out_of_the_folder_is_not_shown(ask: Any, reports: Path) -> None:
    page = reports / put(reports, 8) / "report.html"
    (reports.parent / "secret.txt").write_text("what only the server may read")
    page.unlink()
    page.symlink_to(reports.parent / "secret.txt")
    answer = ask(f"/dags/{DAG}/reports/{page.parent.name}")
    assert answer.status_code == 404
    assert "only the server" not in answer.text


@pytest.mark.slow
def test_lasting_is_what_the_newest_record_was_judged_by(ask: Any, reports: Path) -> None:
    for hour in (8, 9):
        put_drift(reports, put(reports, hour), {"in_a_row": 2}, entropy=0.4)
    text = ask(f"/dags/{DAG}/reports").text
    assert cells(text, "models")[0][-1] == "lasting, 2 of 2 windows"
    assert "Drift in 2 windows in a row lasts" in text


@pytest.mark.slow
def test_hours_without_a_report_are_a_gap_in_the_trend(ask: Any, reports: Path) -> None:
    for hour in (8, 9, 12):
        put(reports, hour)
    text = ask(f"/dags/{DAG}/reports").text
    assert text.count("<rect class=") == 3
    assert text.count('class="gap"') == 1


@pytest.mark.slow
def test_without_reports_it_says_so(ask: Any, reports: Path) -> None:
    page = ask(f"/dags/{DAG}/reports")
    assert page.status_code == 200
    assert "no reports yet" in page.text
    assert "What to do next" in page.text
    assert reports.as_uri() in page.text


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/dags/{dag}/reports", "/dags/{dag}/reports/20260105T090000Z_3600s"])
def test_a_default_store_of_others_is_a_sentence(
    ask: Any, reports: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for name in ("AIRFLOW__DEVO_DGA__REPORTS_DIR", "DEVO_DGA_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(reports))
    (reports / "devo-dga").symlink_to(reports)
    answer = ask(path.format(dag=DAG))
    assert answer.status_code == 503
    assert "is not a folder of this user alone" in answer.text


@pytest.mark.slow
def test_a_report_is_shown_as_it_lies(ask: Any, reports: Path) -> None:
    slug = put(reports, 8)
    page = ask(f"/dags/{DAG}/reports/{slug}/report.html")
    assert (page.status_code, page.text) == (200, "<h1>report 8</h1>")
    there = ask(f"/dags/{DAG}/reports/{slug}")
    assert (there.status_code, there.headers["location"]) == (303, f"{slug}/report.html")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    (reports / slug / "report.html").unlink()
    assert ask(f"/dags/{DAG}/reports/{slug}").status_code == 404
    assert ask(f"/dags/{DAG}/reports/{slug}/report.html").status_code == 404


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


@pytest.mark.slow
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
