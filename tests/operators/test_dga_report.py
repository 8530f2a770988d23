"""DGAReportOperator turns a window's scored rows into three files, the same place for the same window."""

from __future__ import annotations

import csv
import json
import re
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from airflow_provider_devo_dga.asked import asked_facts
from airflow_provider_devo_dga.errors import DevoQueryError, FeatureError, ReportError
from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.linq import HostSource, scoring_query
from airflow_provider_devo_dga.hooks.ml_model_manager import MLModelManagerHook
from airflow_provider_devo_dga.operators.devo_query import DevoQueryOperator
from demo.families import FAMILIES
from tests.operators.report_tasks import PLAN, WINDOW, operator, rows_file


@pytest.fixture
def table(devo: Any, devo_connections: None) -> str:
    return devo.table([{"host": "a"}, {"host": None}, {"host": "b"}], host="str", client="ip4")


def test_three_files_tell_the_same(devo: Any, table: str, context: Any, tmp_path: Path) -> None:
    rows = rows_file(tmp_path, {"xkqjzw.ru": "1", "example.com": "0"})
    told = operator(tmp_path, table, rows).execute(context)
    (folder,) = (tmp_path / "reports").iterdir()
    assert re.fullmatch("20260101T080000Z_3600s_[0-9a-f]{8}", folder.name)
    assert sorted(file.name for file in folder.iterdir()) == [
        "clients.parquet",
        "report.csv",
        "report.ecs.ndjson",
        "report.html",
        "report.json",
        "report.parquet",
    ]
    assert told["html"] == (folder / "report.html").as_uri()
    assert (told["domains"], told["domains_flagged"], told["clients"]) == (2, 1, 1)
    report = json.loads((folder / "report.json").read_text())
    assert report["context"]["events_in_window"] == 3
    assert report["context"]["model_version"] == PLAN["version"]
    assert (report["context"]["dag_id"], report["context"]["run_id"]) == ("a_dag", context["run_id"])
    with (folder / "report.csv").open(newline="") as file:
        assert "xkqjzw.ru" in str(list(csv.DictReader(file)))
    assert "xkqjzw" in (folder / "report.html").read_text()
    assert len(json.dumps(told)) < 8192


def test_the_same_window_again_replaces_the_report(
    devo: Any, table: str, context: Any, tmp_path: Path
) -> None:
    first = operator(tmp_path, table, rows_file(tmp_path, {"xkqjzw.ru": "1"})).execute(context)
    second = operator(tmp_path, table, rows_file(tmp_path, {"example.com": "0"})).execute(context)
    assert first["html"] == second["html"]
    assert len(list((tmp_path / "reports").iterdir())) == 1
    assert (
        json.loads(Path(second["json"].removeprefix("file://")).read_text())["totals"]["domains_flagged"] == 0
    )


def test_an_hour_without_rows_has_a_report(devo: Any, table: str, context: Any, tmp_path: Path) -> None:
    told = operator(tmp_path, table, rows_file(tmp_path, {})).execute(context)
    assert (told["domains"], told["domains_flagged"]) == (0, 0)
    assert told["headline"]


def test_rows_that_are_no_scores_leave_no_report(devo: Any, table: str, context: Any, tmp_path: Path) -> None:
    rows = rows_file(tmp_path, {"example.com": "maybe"})
    with pytest.raises(ReportError):
        operator(tmp_path, table, rows).execute(context)
    (tmp_path / "rows.parquet").write_bytes(b"not parquet")
    with pytest.raises(ReportError):
        operator(tmp_path, table, rows).execute(context)
    (tmp_path / "rows.parquet").unlink()
    with pytest.raises(ReportError):
        operator(tmp_path, table, rows).execute(context)
    assert not list(tmp_path.rglob("report.*"))


def test_a_table_that_is_none_is_never_asked_for(devo: Any, table: str, context: Any, tmp_path: Path) -> None:
    rows = rows_file(tmp_path, {"example.com": "0"})
    with pytest.raises(FeatureError, match="not a Devo table name"):
        operator(tmp_path, f"{table} where 1=1", rows).execute(context)
    assert devo.asked() == []
    with pytest.raises(DevoQueryError, match="Unknown table"):
        operator(tmp_path, "no.such.table", rows).execute(context)


def test_lists_come_from_params_and_files(devo: Any, table: str, context: Any, tmp_path: Path) -> None:
    (tmp_path / "allow.txt").write_text("# ours\nXkqjzw.ru\n")
    (tmp_path / "watch.txt").write_text("quiet.com  # seen in an incident\n")
    report = operator(
        tmp_path, table, rows_file(tmp_path, {"xkqjzw.ru": "1", "quiet.com": "0", "b.com": "0"})
    )
    report.allow_file = (tmp_path / "allow.txt").as_uri()
    report.watch, report.watch_file = ["B.com"], (tmp_path / "watch.txt").as_uri()
    report.lag_minutes = 5
    told = report.execute(context)
    assert (told["domains_flagged"], told["domains_allowed"], told["domains_watched"]) == (0, 1, 2)
    assert "Watch-listed domains seen: b[.]com and 1 more" in told["headline"]
    report.watch = ["no domain"]
    with pytest.raises(ReportError, match="Entry 1 of 'watch'"):
        report.execute(context)


@pytest.mark.parametrize("at_once", [300, 1])
def test_watched_hosts_are_asked_for_where_their_domain_was_seen(
    devo: Any,
    devo_connections: None,
    context: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
) -> None:
    monkeypatch.setattr("airflow_provider_devo_dga.reports.evidence.watched_hosts.ASKED_AT_ONCE", at_once)
    hosts = ["customers.shop.com", "WWW.customers.shop.com.", "a.b.evil.com", "b.evil.com", "xb.evil.com"]
    table = devo.table([{"host": host, "client": "10.0.0.7"} for host in hosts], host="str", client="ip4")
    report = operator(tmp_path, table, rows_file(tmp_path, {"shop.com": "0", "evil.com": "0"}))
    report.watch = ["customers.shop.com", "a.b.evil.com", ".b.evil.com", "host.absent.com"]
    report.no_alarm = ["10.0.0.0/8"]
    told = report.execute(context)
    stored = json.loads(Path(told["json"].removeprefix("file://")).read_text())
    assert {found["reg_domain"] for found in stored["watched"]} == {
        "customers.shop.com",
        "b.evil.com",
        "a.b.evil.com",
    }
    assert len(stored["watched"]) == told["domains_watched"] == 3
    assert {*(client for found in stored["watched"] for client in found["clients"])} == {"10.0.0.7"}
    assert stored["context"]["watch_told"] == "4 hosts"
    assert devo.asked("customers.shop.com")
    assert not devo.asked("host.absent.com")


def test_names_on_alternative_roots_are_asked_for_where_there_are_any(
    devo: Any, devo_connections: None, context: Any, tmp_path: Path
) -> None:
    hosts = [f"n{number}.bazar" for number in range(4)]
    table = devo.table([{"host": host, "client": "10.0.0.7"} for host in hosts], host="str", client="ip4")
    told = operator(tmp_path, table, rows_file(tmp_path, {"example.com": "0"})).execute(context)
    assert told["clients_alternative"] == 1
    assert "10.0.0.7 asked for 4 names on alternative roots (.bazar)" in told["headline"]
    (use,) = json.loads(Path(told["json"].removeprefix("file://")).read_text())["alternative"]
    assert (use["client"], use["names_n"], use["roots"]) == ("10.0.0.7", 4, ["bazar"])
    devo.mark()
    none = devo.table([{"host": "a.com", "client": "10.0.0.7"}], host="str", client="ip4")
    operator(tmp_path, none, rows_file(tmp_path, {"example.com": "0"})).execute(context)
    assert not devo.asked("group by reg_domain")


def test_earlier_hours_and_gaps_are_drawn(devo: Any, table: str, context: Any, tmp_path: Path) -> None:
    rows = rows_file(tmp_path, {"xkqjzw.ru": "1"})
    earlier = {"from": "2026-01-01T06:00:00+00:00", "to": "2026-01-01T07:00:00+00:00"}
    operator(tmp_path, table, rows | {"window": earlier}).execute(context)
    told = operator(tmp_path, table, rows).execute(context)
    page = Path(told["html"].removeprefix("file://")).read_text()
    assert page.count("×</text>") == 23
    assert "in the last 25 windows; 1 earlier ones have a report" in page


def test_rows_that_another_query_wrote_are_refused_before_devo_is_asked(
    devo: Any, table: str, context: Any, tmp_path: Path
) -> None:
    ours = rows_file(tmp_path, {"xkqjzw.ru": "1", "example.com": "0"})
    ours["bytes"] = (tmp_path / "rows.parquet").stat().st_size
    rows_file(tmp_path, {"example.com": "0"})
    with pytest.raises(ReportError, match="another query has written to the same file"):
        operator(tmp_path, table, ours).execute(context)
    rows_file(tmp_path, {"another-of-two.com": "0", "example.com": "0"})
    with pytest.raises(ReportError, match="another query has written to the same file"):
        operator(tmp_path, table, ours).execute(context)
    assert devo.asked() == []
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("other", ["table", "client_field", "kind", "devo_domain"])
def test_sources_share_a_folder_and_do_not_touch_each_other(
    devo: Any, table: str, context: Any, tmp_path: Path, other: str
) -> None:
    first = operator(tmp_path, table, rows_file(tmp_path, {"xkqjzw.ru": "1"})).execute(context)
    changed = {
        "table": devo.table([{"host": "a"}], host="str", client="ip4"),
        "client_field": "host",
        "kind": "uri",
    }
    again = operator(tmp_path, table, rows_file(tmp_path, {"example.com": "0"}))
    again.source = {**again.source, other: changed[other]} if other in changed else again.source
    again.devo_domain = "other" if other == "devo_domain" else "self"
    assert again.execute(context)["json"] != first["json"]
    kept = json.loads(Path(first["json"].removeprefix("file://")).read_text())
    assert (kept["context"]["table"], kept["totals"]["domains_flagged"]) == (table, 1)


@pytest.mark.parametrize(("kind", "failed", "fine"), [("str", "NxDomain", "NOERROR"), ("int4", 3, 0)])
def test_a_family_of_words_is_seen_by_its_names_without_an_answer(
    devo: Any,
    devo_connections: None,
    context: Any,
    glm_mojo: Any,
    tmp_path: Path,
    kind: str,
    failed: Any,
    fine: Any,
) -> None:
    legit = [f"{name}{at}.com" for name in ("blue", "green", "house") for at in range(40)]
    words = list(islice(FAMILIES["suppobox"].generate(devo.window["from_"].date()), 40))
    asked = [(f"10.0.0.{at % 6 + 1}", host, fine) for at, host in enumerate(legit)]
    asked += [("10.0.0.9", host, failed) for host in words]
    # one answer, or one code that nobody knows, and a name is not without
    asked += [("10.0.0.1", legit[0], failed), ("10.0.0.9", words[0], None)]
    events = [{"host": host, "client": client, "rcode": code} for client, host, code in asked]
    table = devo.table(events, host="str", client="ip4", rcode=kind)
    model = tmp_path / "model.zip"
    # flags nothing
    model.write_bytes(glm_mojo(TUTORIAL_FEATURES.names, {"length": 0.1}, -50.0))
    MLModelManagerHook().add_model("words", "H2O", model, if_exists="replace")
    stands_out = {}
    for code_field in ("rcode", None):
        source = HostSource(table, "host", "client", "host", code_field)
        query = scoring_query(TUTORIAL_FEATURES, source, devo_domain="self", model="words")
        rows = DevoQueryOperator(
            task_id="classify",
            query=query,
            from_=devo.window["from_"].isoformat(),
            to=devo.window["to"].isoformat(),
            output_path=f"{tmp_path.as_uri()}/{code_field}.parquet",
        ).execute(context)
        report = operator(tmp_path, rows=rows, **source.to_dict())
        report.plan = {**PLAN, "query": query}
        told = report.execute(context)
        found = json.loads(Path(told["json"].removeprefix("file://")).read_text())
        stands_out[code_field] = [
            (each["client"], each["verdict"]) for each in found["clients"] if each["verdict"] == "suspicious"
        ]
    assert stands_out == {"rcode": [("10.0.0.9", "suspicious")], None: []}
    counted = pq.read_table(tmp_path / "rcode.parquet").to_pylist()
    failed_n = {row["reg_domain"]: row["failed_n"] for row in counted}
    assert [failed_n[host] for host in (legit[0], legit[1], words[0], words[1])] == [1, 0, 1, 1]


@pytest.mark.parametrize(
    ("query", "window"),
    [
        ("from another", WINDOW),
        ("from …", {"from": "2026-01-01T07:00:00+00:00", "to": "2026-01-01T08:00:00+00:00"}),
    ],
)
def test_rows_of_another_query_or_window_are_refused_by_what_their_file_says(
    devo: Any, table: str, context: Any, tmp_path: Path, query: str, window: dict[str, str]
) -> None:
    rows = rows_file(tmp_path, {"example.com": "0"})
    file = tmp_path / "rows.parquet"
    content = pq.read_table(file)
    for facts, refused in ((asked_facts(query, window), True), (asked_facts("from …", WINDOW), False)):
        pq.write_table(content.replace_schema_metadata(facts), file)
        if refused:
            with pytest.raises(ReportError, match=r"the rows of another (query|window) than is reported on"):
                operator(tmp_path, table, rows).execute(context)
            assert devo.asked() == []
        else:
            operator(tmp_path, table, rows).execute(context)
