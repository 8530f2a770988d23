"""One Dag, many sources: each is named and shown, and one that is broken stops no other and no later run."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from airflow_provider_devo_dga.example_dags_path import example_dags_path
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook

HOUR = datetime(2026, 1, 6, 8, tzinfo=UTC)
NAME = "many_sources"


@pytest.fixture
def sources(devo: Any, devo_connections: None, glm_mojo: Any, tmp_path: Path) -> Path:
    """Return a list of three sources; the second one's table is not there."""
    from demo.events import write_events

    model = tmp_path / "tiny.zip"
    model.write_bytes(glm_mojo(TUTORIAL_FEATURES.names, {"entropy": 3.0}, -10.0))
    MLModelManagerHook().add_model(NAME, "H2O", model, description="a tiny model")
    events = tmp_path / "events.ndjson"
    write_events(events, HOUR, events=1500, clients=20)
    lines = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
    columns = {"eventdate": "timestamp", "referralUri": "str", "clientIpAddress": "ip4"}
    listed = []
    for name in ("berlin", "lima", "oslo"):
        table = devo.table(**columns)
        devo.load(table, [{key: line[key] for key in columns} for line in lines])
        listed.append({"name": name, "table": table})
    listed[1]["table"] = "dns.lima.gone"
    defaults = {
        "field": "referralUri",
        "field_kind": "uri",
        "client_field": "clientIpAddress",
        "model_name": NAME,
        "models_dir": (tmp_path / "models").as_uri(),
        "reports_dir": (tmp_path / "reports").as_uri(),
    }
    file = tmp_path / "sources.json"
    file.write_text(json.dumps({"defaults": defaults, "sources": listed}))
    return file


@pytest.mark.slow
def test_a_broken_source_fails_alone_and_a_broken_list_is_told(
    ask: Any, sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("DEVO_DGA_STORE", (tmp_path / "store").as_uri())
    dag = DagBag(str(example_dags_path())).dags["dga_hourly_report"]
    hour = {"from": HOUR.isoformat(), "to": (HOUR + timedelta(hours=1)).isoformat()}
    conf = {**hour, "sources": sources.as_uri()}

    run = dag.test(run_conf=conf)
    named = {ti.map_index: ti.rendered_map_index for ti in run.get_task_instances() if ti.state == "success"}
    assert named == {-1: None, 0: "berlin", 1: "lima", 2: "oslo"}
    states = states_of(run)
    assert [states["source.report", index] for index in range(3)] == ["success", "upstream_failed", "success"]
    assert states["list_is_good", -1] == "success"
    assert reported(tmp_path) == {table_of(sources, 0), table_of(sources, 2)}
    check_pages(ask, f"/run?dag_id=dga_hourly_report&run_id={quote(run.run_id)}")

    # a slip overnight: the last good list serves, and the run says so
    sources.write_text(sources.read_text().replace('"oslo"', '"berlin"'))
    run = dag.test(run_conf=conf)
    states = states_of(run)
    assert [states["source.report", index] for index in range(3)] == ["success", "upstream_failed", "success"]
    assert (states["list_is_good", -1], str(run.state)) == ("failed", "failed")


def check_pages(ask: Any, place: str) -> None:
    """Hold the page of a run to list its sources, and each source's to be its own."""
    page = ask(place).text
    assert "1 source without a report: that is no all-clear." in page
    rows = re.findall(r'<a href="(run[^"]+)">(\w+)</a>.*?<td>(.*?)</td>\n</tr>', page, re.DOTALL)
    # what has no report comes before what is quiet
    assert [name for _, name, _ in rows] in (["lima", "berlin", "oslo"], ["berlin", "oslo", "lima"])
    told = {name: text for _, name, text in rows}
    assert "No report: source.wait_for_events failed." in told["lima"]
    links = {name: unescape(link) for link, name, _ in rows}
    found = {name: ask(f"/{link}") for name, link in links.items()}
    assert [found[name].status_code for name in ("berlin", "lima", "oslo")] == [303, 200, 303]
    assert found["berlin"].headers["Location"] != found["oslo"].headers["Location"]
    assert ask(f"/{found['berlin'].headers['Location']}").status_code == 200
    assert "source.wait_for_events failed" in found["lima"].text


def states_of(run: Any) -> dict[tuple[str, int], str]:
    return {(task.task_id, task.map_index): str(task.state) for task in run.get_task_instances()}


def table_of(sources: Path, number: int) -> str:
    return str(json.loads(sources.read_text())["sources"][number]["table"])


def reported(folder: Path) -> set[str]:
    found = [json.loads(file.read_text()) for file in (folder / "reports").glob("*/report.json")]
    return {report["context"]["table"] for report in found}
