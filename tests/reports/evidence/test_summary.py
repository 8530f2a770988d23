from __future__ import annotations

import json
import random
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict
from airflow_provider_devo_dga.reports.evidence.context import ReportContext
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists, domains_of
from airflow_provider_devo_dga.reports.evidence.figures import REPORT
from airflow_provider_devo_dga.reports.evidence.scored_rows import ScoredRows
from airflow_provider_devo_dga.reports.evidence.summary import summarise


def test_weighs_an_infected_client(infected: Any) -> None:
    summary = infected.summary()
    first = summary.clients[0]
    assert (first.client, first.asked, first.flagged, first.exclusive) == ("10.0.0.9", 50, 40, 40)
    assert (first.suffix, first.suffix_n) == ("ru", 40)
    assert first.expected == pytest.approx(50 * summary.null.mean)
    assert 0.002 < summary.null.mean < 0.02
    assert first.first_flagged == infected.start + timedelta(minutes=7)
    assert first.verdict is Verdict.INFECTED
    assert first.log10_corrected < -12
    assert all(client.verdict is Verdict.CHANCE for client in summary.clients[1:])


def test_totals(infected: Any) -> None:
    infected.add("lonely.com", None, "0")
    infected.add("nulls.com", [], "1")
    totals = infected.summary().totals
    assert (totals.domains, totals.events_scored, totals.domains_flagged) == (112, 224, 42)
    assert (totals.clients, totals.clients_flagged, totals.clients_infected, totals.clients_suspicious) == (
        21,
        11,
        1,
        0,
    )
    assert totals.domains_expected_false == pytest.approx(1.12)
    assert totals.domains_without_client == 2
    assert totals.domains_widely_asked == 1


def test_infected_client_ranks_first_among_a_thousand_clean_ones(hour: Any) -> None:
    chance = random.Random(1)  # noqa: S311
    clients = [f"10.2.{number // 250}.{number % 250}" for number in range(1000)]
    asked: list[list[str]] = [[] for _ in range(4000)]
    for client in clients:
        for domain in chance.sample(range(4000), 200):
            asked[domain].append(client)
    for number, who in enumerate(asked):
        hour.add(f"site{number}.com", who, "1" if number % 100 == 0 else "0")
    for number in range(50):
        hour.add(f"qx{number}.info", ["10.9.9.9"], "1" if number % 5 else "0")
    summary = hour.summary()
    assert summary.totals.clients == 1001
    assert (summary.clients[0].client, summary.clients[0].verdict) == ("10.9.9.9", Verdict.INFECTED)
    assert summary.totals.clients_with_evidence == 1
    assert len(summary.clients) == 50


def test_detections_follow_their_strongest_client_then_time(infected: Any) -> None:
    detections = infected.summary().detections
    assert [detection.reg_domain for detection in detections[:2]] == ["xq0zk.ru", "xq1zk.ru"]
    last = detections[-1]
    assert (last.reg_domain, last.clients_n, len(last.clients)) == ("shop3.com", 10, 10)
    assert last.verdict is Verdict.CHANCE


def test_cells_count_every_client_that_does_not_stand_out(infected: Any) -> None:
    cells = infected.summary().cells
    assert [(cell.asked, cell.flagged, cell.clients) for cell in cells] == [(30, 0, 20)], (
        "one domain of ten clients is none of each"
    )


def test_all_clients_that_stand_out_are_listed_whatever_top_says(infected: Any) -> None:
    summary = summarise(infected.write(), infected.context(), top=0)
    assert [client.client for client in summary.clients] == ["10.0.0.9"]


def test_allowed_domains_count_as_not_flagged(infected: Any) -> None:
    infected.add("Shop99.com", ["10.1.0.1"], "1")
    summary = summarise(
        infected.write(),
        infected.context(),
        lists=DomainLists(allow=domains_of(["shop99.com", "shop3.com"], "allow")),
    )
    assert summary.totals.domains_allowed == 2
    assert summary.totals.clients_flagged == 1
    assert {detection.verdict for detection in summary.detections} == {Verdict.INFECTED}


@pytest.mark.parametrize("rate", [None, 0.0])
def test_an_unmeasured_rate_is_assumed_and_said(infected: Any, rate: float | None) -> None:
    summary = infected.summary(false_positive_rate=rate)
    assert (summary.rate, summary.rate_assumed) == (0.01, True)


def test_zero_rows(hour: Any) -> None:
    summary = hour.summary()
    assert (summary.totals.domains, summary.totals.clients) == (0, 0)
    assert (summary.clients, summary.detections, summary.cells) == ((), (), ())


def test_scores_need_a_threshold_and_reach_it(hour: Any) -> None:
    for score in (0.899, 0.9, 1.0):
        hour.add(f"d{score}.com", ["c"], score)
    path = hour.write(malicious=pa.float64())
    with pytest.raises(ReportError, match=r"malicious is double.*threshold"):
        summarise(path, hour.context())
    summary = summarise(path, hour.context(threshold=0.9))
    assert sorted(detection.score for detection in summary.detections) == [0.9, 1.0]


def test_labels_are_read_the_same_with_a_threshold(infected: Any) -> None:
    plain, cut = infected.summary(), infected.summary(threshold=0.93)
    assert cut.detections == plain.detections


@pytest.mark.parametrize("kind", [pa.int64(), pa.bool_()])
def test_labels_may_be_numbers_or_truths(hour: Any, kind: pa.DataType) -> None:
    hour.add("a.com", ["c"], 1)
    hour.add("b.com", ["c"], 0)
    summary = summarise(hour.write(malicious=kind) if kind == pa.int64() else _truths(hour), hour.context())
    assert [(detection.reg_domain, detection.score) for detection in summary.detections] == [("a.com", None)]


def _truths(hour: Any) -> Path:
    for row in hour.rows:
        row["malicious"] = bool(row["malicious"])
    path: Path = hour.write(malicious=pa.bool_())
    return path


@pytest.mark.parametrize("label", ["dga", "2", "", "0.7"])
def test_unknown_label(hour: Any, label: str) -> None:
    hour.add("a.com", ["c"], label)
    with pytest.raises(ReportError, match=f"malicious holds '{label}'"):
        hour.summary()


@pytest.mark.parametrize("score", ["1.2", "-0.1", "nan", "dga"])
def test_score_out_of_range(hour: Any, score: str) -> None:
    hour.add("a.com", ["c"], score)
    with pytest.raises(ReportError, match="malicious"):
        hour.summary(threshold=0.5)


@pytest.mark.parametrize(
    "name", ["reg_domain", "sld", "events_n", "first_seen", "last_seen", "client_ips", "malicious"]
)
def test_missing_column_is_named(infected: Any, name: str) -> None:
    with pytest.raises(ReportError, match=f"lack column {name}"):
        summarise(infected.write(without=name), infected.context())


def test_wrong_type_is_named(hour: Any) -> None:
    path = hour.write(first_seen=pa.timestamp("ms"))
    with pytest.raises(ReportError, match=r"first_seen is timestamp\[ms\]"):
        summarise(path, hour.context())


@pytest.mark.parametrize("name", ["reg_domain", "events_n", "first_seen", "last_seen", "malicious"])
def test_missing_value_is_named(hour: Any, name: str) -> None:
    hour.add("a.com", ["c"])
    hour.rows[0][name] = None
    with pytest.raises(ReportError, match=name):
        hour.summary()


def test_null_clients_are_nobody(hour: Any) -> None:
    hour.add("a.com", ["c", None])
    summary = hour.summary()
    assert summary.totals.clients == 1
    assert summary.detections[0].clients == ("c",)


def test_a_flagged_domain_named_twice(hour: Any) -> None:
    hour.add("a.com", ["c"])
    hour.add("a.com", ["d"])
    with pytest.raises(ReportError, match=r"'a\.com' twice"):
        hour.summary()


def test_not_parquet(hour: Any) -> None:
    hour.path.write_bytes(b"host;domain;class;subclass\n")
    with pytest.raises(ReportError, match="cannot be read as Parquet"):
        summarise(hour.path, hour.context())


def test_missing_file(hour: Any) -> None:
    with pytest.raises(FileNotFoundError):
        summarise(hour.path, hour.context())


@pytest.mark.parametrize(
    "changes",
    [{"threshold": 0.0}, {"threshold": 1.5}, {"false_positive_rate": 1.0}, {"false_positive_rate": -0.1}],
)
def test_context_out_of_range(hour: Any, changes: dict[str, float]) -> None:
    with pytest.raises(ReportError, match=next(iter(changes))):
        hour.context(**changes)


def test_context_windows(hour: Any) -> None:
    with pytest.raises(ReportError, match="window_start needs a time zone"):
        hour.context(window_start=hour.start.replace(tzinfo=None))
    with pytest.raises(ReportError, match="ends before"):
        hour.context(window_end=hour.start)


def test_json_round_trip(infected: Any) -> None:
    plain = json.loads(REPORT.write(infected.summary(events_in_window=300).document()))
    assert plain["context"]["window_start"] == "2026-11-24T14:00:00Z"
    assert plain["clients"][0]["verdict"] == "almost certainly infected"
    assert plain["totals"]["clients_with_evidence"] == 1


def test_small_batches_give_the_same_summary(infected: Any) -> None:
    path, context = infected.write(), infected.context()
    assert summarise(path, context, batch_rows=7) == summarise(path, context)


def test_memory_does_not_grow_with_domains(tmp_path: Path, hour: Any) -> None:
    small, large = (_quiet_file(tmp_path / f"{rows}.parquet", rows, hour) for rows in (20_000, 100_000))
    assert _peak(large, hour.context()) < 1.5 * _peak(small, hour.context()) + 100_000


def _quiet_file(path: Path, rows: int, hour: Any) -> Path:
    part = 10_000
    with pq.ParquetWriter(path, hour.schema) as writer:
        for start in range(0, rows, part):
            names = [f"site{number}" for number in range(start, start + part)]
            columns = {
                "reg_domain": [f"{name}.com" for name in names],
                "sld": names,
                "events_n": [3] * part,
                "first_seen": [hour.start] * part,
                "last_seen": [hour.start] * part,
                "client_ips": [[f"10.0.0.{number % 200}"] for number in range(part)],
                "malicious": ["0"] * (part - 1) + ["1"],
                "f_length": [1.0] * part,
            }
            writer.write_table(pa.table(columns, schema=hour.schema))
    return path


def _peak(path: Path, context: ReportContext) -> int:
    """Return the most memory that Python held, and Arrow between batches, in bytes."""
    tracemalloc.start()
    try:
        summarise(path, context, batch_rows=1_000)
        python = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    before = pa.total_allocated_bytes()
    rows = ScoredRows(path, context.threshold)
    return python + max(pa.total_allocated_bytes() - before for _ in rows.batches(1_000))
