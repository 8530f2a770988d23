"""Names on alternative roots stand out without a model: who asks for them, how many, and since when."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.features.alternative_roots import alternative_roots
from airflow_provider_devo_dga.features.host import has_known_top
from airflow_provider_devo_dga.reports.evidence.client_list import clients_of
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists, domains_of
from airflow_provider_devo_dga.reports.evidence.scored_rows import FlaggedRow
from airflow_provider_devo_dga.reports.evidence.summary import summarise
from airflow_provider_devo_dga.reports.files.files import write_report
from airflow_provider_devo_dga.reports.page.headline import headline
from airflow_provider_devo_dga.reports.page.html import render
from tests.reports.page.test_html import Page


def row(name: str, at: datetime, *clients: str) -> FlaggedRow:
    label, _, root = name.partition(".")
    return FlaggedRow(
        reg_domain=name,
        label=label,
        suffix=root,
        events_n=2,
        first_seen=at,
        last_seen=at,
        clients=clients,
        score=None,
    )


@pytest.fixture
def names(hour: Any) -> list[FlaggedRow]:
    start = hour.context().window_start + timedelta(minutes=7)
    hour.add("example.com", ["10.0.0.1"], "0")
    found = [row(f"n{number}.bazar", start, "10.0.0.9") for number in range(40)]
    return [*found, row("shared.bit", start, "10.0.0.9", "10.0.0.5")]


def test_no_alternative_root_is_a_top_level_domain_or_a_name_of_the_inside() -> None:
    assert {"bazar", "bit", "emc", "coin", "lib"} <= set(alternative_roots())
    inside = {"onion", "local", "lan", "corp", "internal", "arpa", "home", "localhost", "test", "invalid"}
    assert inside.isdisjoint(alternative_roots())
    assert [root for root in alternative_roots() if has_known_top(f"any.{root}")] == []


def test_a_client_is_named_on_the_page_in_the_headline_and_in_the_files(
    hour: Any, names: list[FlaggedRow], tmp_path: Path
) -> None:
    summary = summarise(hour.write(), hour.context(), alternative=names)
    assert [(use.client, use.names_n, use.alarm) for use in summary.alternative] == [
        ("10.0.0.9", 41, True),
        ("10.0.0.5", 1, False),
    ]
    assert summary.totals.clients_alternative == 1
    told = headline(summary)
    assert told.tone == "alarm"
    assert told.text == ("10.0.0.9 asked for 41 names on alternative roots (.bazar, .bit), since 14:07 UTC.")
    words = Page(render(summary)).words
    assert "n0[.]bazar" in words
    files = write_report(summary, tmp_path)
    assert json.loads(files.json.read_text())["alternative"][0]["client"] == "10.0.0.9"
    events = [json.loads(line) for line in files.ecs.read_text().splitlines()]
    assert len(events) == 41
    assert {(event["rule.category"], event["client.address"]) for event in events} == {
        ("alternative-root", "10.0.0.9")
    }
    assert "n0.bazar" in files.csv.read_text()


@pytest.mark.parametrize(
    "lists",
    [
        DomainLists(no_alarm=clients_of(["10.0.0.0/24"], "x")),
        DomainLists(allow=domains_of([".bazar"], "x")),
    ],
)
def test_who_is_listed_raises_no_alarm(hour: Any, names: list[FlaggedRow], lists: DomainLists) -> None:
    summary = summarise(hour.write(), hour.context(), alternative=names, lists=lists)
    assert summary.totals.clients_alternative == 0
    assert {use.client for use in summary.alternative} == {"10.0.0.9", "10.0.0.5"}
    assert headline(summary).tone == "calm"


def test_who_stands_out_by_the_model_too_is_one_client(infected: Any) -> None:
    start = infected.context().window_start
    names = [row(f"n{number}.bazar", start, "10.0.0.9", "10.0.0.5") for number in range(5)]
    totals = summarise(infected.write(), infected.context(), alternative=names).totals
    assert (totals.clients_infected, totals.clients_alternative) == (1, 1)
