"""Where the pages lead: between reports, to the model card, from a run to what it made or why it has not."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urljoin

import pytest

from airflow_provider_devo_dga.plugins.ways import Way, with_ways
from tests.one_run import run_once
from tests.plugins.stored_hours import facts, put
from tests.plugins.stored_reports import DAG, put_card, run_that_tells

CARD = "<html><body><main><h1>card</h1></main></body></html>"
VERSION = "20260105T030000Z"
DOWNLOADS = {"report.csv": b"a,b\n", "report.ecs.ndjson": b"{}\n", "report.parquet": b"PAR1"}


def links(text: str) -> list[str]:
    found = re.search('<nav class="way".*?</nav>', text, re.DOTALL)
    return re.findall('href="([^"]*)"', found[0]) if found else []


def asked_for_run(ask: Any, run_id: str, dag_id: str = DAG) -> Any:
    return ask(f"/run?dag_id={dag_id}&run_id={quote(run_id)}")


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of models with one version, whose card is there."""
    folder = tmp_path / "models"
    put_card(folder, VERSION, CARD)
    monkeypatch.setenv("AIRFLOW__DEVO_DGA__MODELS_DIR", folder.as_uri())
    return folder


def test_links_take_the_place_that_a_page_keeps_for_them() -> None:
    page = b'<main><nav class="way"><!-- way --><a href="old">x</a><!-- /way --></nav><p>\\1</p></main>'
    shown = with_ways(page, [Way('a"b', "<i>")]).decode()
    assert shown == '<main><nav class="way"><a href="a&quot;b">&lt;i&gt;</a></nav><p>\\1</p></main>'
    older = with_ways(b"<main><h1>x</h1></main>", [Way("a", "b")]).decode()
    assert links(older) == ["a"]


@pytest.mark.slow
def test_a_report_leads_to_the_hours_beside_it_to_all_and_to_its_model(
    ask: Any, reports: Path, models: Path
) -> None:
    first, second, third = (put(reports, hour, version=VERSION) for hour in (8, 9, 11))
    put(reports, 10, dag_id="another_dag")
    for slug in (first, second, third):
        (reports / slug / "report.html").write_text("<main><h1>report</h1></main>")
    here = f"/dags/{DAG}/reports/{second}/report.html"
    page = ask(here)
    places = [urljoin(here, link) for link in links(page.text)]
    assert places == [
        f"/dags/{DAG}/reports",
        f"/dags/{DAG}/reports/{first}/report.html",
        f"/dags/{DAG}/reports/{third}/report.html",
        f"/dags/{DAG}/models/{VERSION}/model_card.html",
    ]
    answers = [ask(place) for place in places]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert "<h1>card</h1>" in answers[-1].text
    assert [urljoin(places[-1], link) for link in links(answers[-1].text)] == [places[0]]
    assert f'href="models/{VERSION}/model_card.html"' in answers[0].text
    assert f'href="reports/{second}/report.html"' in answers[0].text


@pytest.mark.slow
def test_the_files_of_a_report_are_downloads_under_the_same_right(ask: Any, reports: Path) -> None:
    slug = put(reports, 8)
    for name, content in DOWNLOADS.items():
        (reports / slug / name).write_bytes(content)
        answer = ask(f"/dags/{DAG}/reports/{slug}/{name}")
        assert (answer.status_code, answer.content) == (200, content)
        kept = f'attachment; filename="{slug}.{name.partition(".")[2]}"'
        assert answer.headers["Content-Disposition"] == kept
        assert ask(f"/dags/{DAG}/reports/{slug}/{name}", role=None).status_code == 401
        assert ask(f"/dags/another_dag/reports/{slug}/{name}").status_code == 404
    for name in ("report.json", "clients.parquet", "nothing", "..%2f..%2freport.csv"):
        assert ask(f"/dags/{DAG}/reports/{slug}/{name}").status_code == 404
    (reports / slug / "report.csv").unlink()
    (reports / slug / "report.csv").symlink_to(reports.parent / "secret")
    (reports.parent / "secret").write_text("secret")
    assert ask(f"/dags/{DAG}/reports/{slug}/report.csv").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("version", ["20260101T000000Z", "..", "former", "%2e%2e", "x" * 100])
def test_no_other_model_card_is_shown(ask: Any, reports: Path, models: Path, version: str) -> None:
    put(reports, 8, version=VERSION)
    (models / "model_card.html").write_text("outside")
    answer = ask(f"/dags/{DAG}/models/{version}/model_card.html")
    assert answer.status_code == 404
    assert "outside" not in answer.text


@pytest.mark.slow
def test_a_dag_without_reports_of_a_model_has_no_card_of_it(ask: Any, reports: Path, models: Path) -> None:
    put(reports, 8, version=VERSION)
    assert ask(f"/dags/{DAG}/models/{VERSION}/model_card.html").status_code == 200
    assert ask(f"/dags/another_dag/models/{VERSION}/model_card.html").status_code == 404


@pytest.mark.slow
def test_the_entry_leads_to_the_dag_that_has_reports(ask: Any, reports: Path) -> None:
    assert ask("/reports").headers["location"] == f"dags/{DAG}/reports"
    put(reports, 8, dag_id="my_copy")
    assert ask("/reports").headers["location"] == "dags/my_copy/reports"
    put(reports, 9)
    assert ask("/reports").headers["location"] == f"dags/{DAG}/reports"
    here = f"/dags/{DAG}/reports"
    assert [urljoin(here, link) for link in links(ask(here).text)] == ["/dags/my_copy/reports"]
    assert ask("/reports", role=None).status_code == 401


@pytest.mark.slow
def test_a_run_leads_to_its_report_or_says_why_not(ask: Any, reports: Path) -> None:
    slug = put(reports, 8)
    assert "There is no such run" in asked_for_run(ask, "no such run").text
    assert "None of its tasks is a DGAReportOperator" in asked_for_run(ask, run_that_tells(None)).text
    there = asked_for_run(ask, run_that_tells(f"{reports.as_uri()}/{slug}/report.html"))
    assert (there.status_code, there.headers["location"]) == (303, f"dags/{DAG}/reports/{slug}/report.html")
    for place in (
        "file:///etc/passwd",
        f"{reports.as_uri()}/../secret/report.html",
        f"{reports.as_uri()}x/y",
    ):
        assert "lies elsewhere" in asked_for_run(ask, run_that_tells(place)).text


def run_of(dag_id: str, told: dict[str, str] | None) -> Any:
    """Run a Dag whose task returns this; None: it fails."""
    from airflow import sdk

    with sdk.DAG(dag_id, schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:

        @sdk.task
        def work() -> dict[str, str]:
            if told is None:
                raise ValueError("it broke")
            return told

        work()
    return run_once(dag)


@pytest.mark.slow
def test_a_run_that_trained_shows_the_card_of_its_model(ask: Any, reports: Path, models: Path) -> None:
    for place, shown in (
        (f"{models.as_uri()}/{VERSION}/model_card.html", "<h1>card</h1>"),
        (f"{models.as_uri()}/../{VERSION}/model_card.html", "lies elsewhere"),
        (f"{models.as_uri()}/20260101T000000Z/model_card.html", "lies elsewhere"),
        ("file:///etc/passwd", "lies elsewhere"),
    ):
        run = run_of("weekly", {"model_card": place, "version": VERSION})
        answer = asked_for_run(ask, str(run.run_id), "weekly")
        assert answer.status_code == 200
        assert shown in answer.text
        assert links(answer.text) == ["reports"]


def write_log(run: Any, lines: list[dict[str, Any]]) -> None:
    """Write a task's log where Airflow looks for it, in the form in which it writes logs."""
    from airflow.utils.log.log_reader import TaskLogReader

    handler: Any = TaskLogReader().log_handler
    [task] = run.get_task_instances()
    file = Path(handler.local_base) / handler._render_filename(task, task.try_number)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


@pytest.mark.slow
def test_a_run_that_failed_says_which_task_and_its_last_error(
    ask: Any, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of("failing", None)
    now = datetime.now(UTC).isoformat()
    told = "HTTP 403 at https://user:hunter2hunter2@devo.example/x?X-Amz-Signature=abcdef0123 <b>"
    error = {"timestamp": now, "level": "error", "event": "Task failed with exception"}
    details = [{"exc_type": "DevoError", "exc_value": told}, {"exc_type": "ValueError", "exc_value": "cause"}]
    info = {"timestamp": now, "level": "info", "event": "Task finished"}
    write_log(run, [info, error | {"error_detail": details}, info])
    page = asked_for_run(ask, str(run.run_id), "failing").text
    assert "This run has no report: a task failed" in page
    assert "work failed at try 1 of 1." in page
    assert "DevoError: HTTP 403 at https://***@devo.example/x?X-Amz-Signature=*** &lt;b&gt;" in page
    assert "hunter2" not in page
    assert "abcdef0123" not in page
    assert "clear the task" in page
    # who may not read logs is told which task it was, and no more
    manager = SimpleNamespace(is_authorized_dag=lambda **asked: asked["access_entity"].name != "TASK_LOGS")
    monkeypatch.setattr(
        "airflow_provider_devo_dga.plugins.rights.security",
        SimpleNamespace(get_auth_manager=lambda: manager),
    )
    page = asked_for_run(ask, str(run.run_id), "failing").text
    assert "work failed at try 1 of 1." in page
    assert "HTTP 403" not in page


@pytest.mark.slow
def test_a_damaged_report_still_leads_to_all(ask: Any, reports: Path) -> None:
    slug = put(reports, 8)
    (reports / slug / "report.json").write_text(json.dumps({"context": facts(8)["context"]}))
    (reports / slug / "report.html").write_text("<main></main>")
    assert links(ask(f"/dags/{DAG}/reports/{slug}/report.html").text) == ["../../reports"]
