"""What the files say around a name: witnesses, the rate and where it is from, history, source and policy."""

from __future__ import annotations

import csv
import json
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_provider_devo_dga.features.suffix_policy import policy_fingerprint
from airflow_provider_devo_dga.reports.evidence.null_rate import NullRate
from airflow_provider_devo_dga.reports.evidence.past import Past
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary, summarise
from airflow_provider_devo_dga.reports.evidence.witness import Witness
from airflow_provider_devo_dga.reports.files.columns import COLUMNS, slug
from airflow_provider_devo_dga.reports.files.files import write_report

FACTS = {
    "source_key": "1a2b3c4d",
    "suffix_policy": policy_fingerprint(),
    "code_field": "rcode",
    "failed_codes": ("NXDOMAIN", "3"),
}


@pytest.fixture
def answered(infected: Any) -> Any:
    """The infected hour with a response code; 10.0.0.9's names have no answer."""
    infected.schema = infected.schema.append(pa.field("failed_n", pa.int64()))
    for row in infected.rows:
        row["failed_n"] = row["events_n"] if row["client_ips"] == ["10.0.0.9"] else 0
    return infected


def report(hour: Any, **past: Any) -> ReportSummary:
    return summarise(hour.write(), hour.context(**FACTS), past=Past(**past))


def test_three_files_say_the_same(answered: Any, tmp_path: Path) -> None:
    summary = report(answered)
    files = write_report(summary, tmp_path)
    table = pq.read_table(files.parquet).to_pylist()
    lines = list(csv.DictReader(StringIO(files.csv.read_text("utf-8"))))
    events = [json.loads(line) for line in files.ecs.read_text().splitlines()]
    assert len(table) == len(lines) == len(events) == 41
    assert list(lines[0]) == list(table[0]) == [column.name for column in COLUMNS]
    for row, line, event in zip(table, lines, events, strict=True):
        for column in COLUMNS:
            value = row[column.name]
            assert (line[column.name] == "") == (value is None or value == "")
            if column.own:
                assert (f"devo_dga.{column.own}" in event) == (value is not None)
            if isinstance(value, float):
                assert float(line[column.name]) == value == event[f"devo_dga.{column.own}"]


def test_each_witness_that_spoke_with_its_probability(answered: Any, tmp_path: Path) -> None:
    summary = report(answered)
    first = pq.read_table(write_report(summary, tmp_path).parquet).to_pylist()[0]
    client = summary.clients[0]
    assert (first["clients"], first["no_answer"]) == (["10.0.0.9"], True)
    assert (first["client_asked"], first["client_flagged"]) == (50, 40)
    assert first["client_log10_p"] == client.log10_corrected
    spoke = {said.witness for said in client.witnesses}
    assert spoke == {Witness.FLAGGED, Witness.FLAGGED_FAILED, Witness.FAILED}
    for said in client.witnesses:
        name = slug(said.witness)
        assert first[f"{name}_counted"] == said.counted
        assert first[f"{name}_expected"] == said.expected
        assert first[f"{name}_log10_p"] == said.log10_tail < -6
    assert first["flagged_new_counted"] is None
    assert first["client_strongest_witness"] == slug(client.strongest.witness)


def test_a_client_of_chance_that_is_not_listed_has_no_witness(answered: Any, tmp_path: Path) -> None:
    summary = summarise(answered.write(), answered.context(), top=0)
    last = pq.read_table(write_report(summary, tmp_path).parquet).to_pylist()[-1]
    assert last["reg_domain"] == "shop3.com"
    assert (last["client_asked"], last["flagged_counted"], last["client_first_seen"]) == (None, None, None)


def test_the_rate_and_where_it_is_from(infected: Any, tmp_path: Path) -> None:
    told = [
        report(infected),
        summarise(infected.write(), infected.context(false_positive_rate=None)),
        report(infected, nulls=[NullRate(0.02, 0.004)] * 6),
    ]
    rows = [
        pq.read_table(write_report(summary, tmp_path / str(number)).parquet).to_pylist()[0]
        for number, summary in enumerate(told)
    ]
    assert [row["rate_begun_with"] for row in rows] == ["training", "assumed", "windows before"]
    assert [row["rate_windows"] for row in rows] == [0, 0, 6]
    assert [row["rate"] for row in rows] == [summary.null.mean for summary in told]
    assert {row["rate_training"] for row in rows} == {0.01}


def test_history_source_policy_and_codes(infected: Any, tmp_path: Path) -> None:
    before = report(infected)
    summary = summarise(
        infected.write(),
        infected.context(
            **FACTS,
            window_start=infected.start + timedelta(hours=1),
            window_end=infected.start + timedelta(hours=2),
        ),
        past=Past(reports=(before,)),
    )
    row = pq.read_table(write_report(summary, tmp_path).parquet).to_pylist()[0]
    history = [row[f"client_{name}"] for name in ("first_seen", "in_a_row", "stood_out", "windows", "change")]
    assert history == [infected.start, 2, 2, 2, None]
    assert row["told"] is False
    new = pq.read_table(write_report(before, tmp_path / "before").parquet).to_pylist()[0]
    assert (new["client_change"], new["told"]) == ("new", True)
    assert {name: row[name] for name in FACTS} == FACTS | {"failed_codes": ["NXDOMAIN", "3"]}


def test_without_a_response_code_nobody_says_what_had_an_answer(infected: Any, tmp_path: Path) -> None:
    files = write_report(infected.summary(), tmp_path)
    assert set(pq.read_table(files.parquet)["no_answer"].to_pylist()) == {None}
    assert "devo_dga.no_answer" not in json.loads(files.ecs.read_text().splitlines()[0])


def test_the_docs_name_each_column() -> None:
    text = Path("docs/hourly-reports.md").read_text("utf-8").partition("### Columns of a detection")[2]
    told = set(re.findall(r"`([a-z0-9_]+)`", text.partition("The strongest 10,000")[0]))
    of_witnesses = {
        column.name
        for witness in Witness
        for column in COLUMNS
        if column.name.startswith(f"{slug(witness)}_")
    }
    assert {column.name for column in COLUMNS} - of_witnesses - told == set()
    assert {slug(witness) for witness in Witness} <= told
