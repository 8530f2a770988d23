"""Who is in the demo's hour beside shoppers and families, and how the demo tells what became of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_devo_dga.features.alternative_roots import alternative_roots
from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.reports.evidence.client_list import clients_of
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
from airflow_provider_devo_dga.reports.evidence.figures import REPORT
from airflow_provider_devo_dga.reports.evidence.summary import summarise
from demo.events import NO_ANSWER, hour_of_events
from demo.families import FAMILIES
from demo.infections import infections
from demo.outcome import standing_out
from demo.roles import CONTENT_NAMES, CONTENT_NETWORKS, Part, Role, parts
from tests.reports.conftest import Hour
from tests.reports.evidence.test_alternative_use import row

START = datetime(2026, 1, 1, tzinfo=UTC)
CLIENTS = 60


@pytest.fixture(scope="module")
def hour() -> list[dict[str, Any]]:
    return list(hour_of_events(START, events=9_000, clients=CLIENTS, roles=True))


@pytest.fixture(scope="module")
def by_role() -> dict[Role, Part]:
    return {part.role: part for part in parts(START, 11)}


def host_of(event: dict[str, Any]) -> str | None:
    return urlsplit(event["referralUri"] or "").hostname


def test_each_role_is_another_client_s_and_none_of_an_infected_one(by_role: dict[Role, Part]) -> None:
    assert set(by_role) == set(Role) - {Role.FAMILY}
    clients = {part.client for part in by_role.values()}
    assert len(clients) == len(by_role)
    assert clients.isdisjoint(infection.client for infection in infections(START, 11))


def test_only_its_client_asks_for_a_role_s_names_and_few_have_an_answer(
    hour: list[dict[str, Any]], by_role: dict[Role, Part]
) -> None:
    for part in by_role.values():
        tried = [event for event in hour if host_of(event) in set(part.hosts)]
        assert {host_of(event) for event in tried} == set(part.hosts)
        assert {event["clientIpAddress"] for event in tried} == {part.client}
    names = {host for part in by_role.values() for host in part.hosts}
    codes = [event["statusCode"] for event in hour if host_of(event) in names]
    assert sum(code in NO_ANSWER for code in codes) > 0.85 * len(codes)


def test_the_names_are_what_the_role_says(by_role: dict[Role, Part]) -> None:
    roots = {host.rpartition(".")[2] for host in by_role[Role.ROOT].hosts}
    assert roots <= set(alternative_roots())
    assert len(by_role[Role.SLOW].hosts) == 9
    words = set(by_role[Role.WORDS].hosts)
    for day in range(400):
        known = FAMILIES["suppobox"].generate((START - timedelta(days=day)).date())
        assert words.isdisjoint(islice(known, 400))


def test_everybody_loads_names_of_content_networks_that_are_judged_as_the_provider_s(
    hour: list[dict[str, Any]],
) -> None:
    loaded: dict[str, set[str]] = {}
    for event in hour:
        parted = split_host(host_of(event) or "")
        if parted and parted.registrable in CONTENT_NETWORKS:
            loaded.setdefault(event["clientIpAddress"], set()).add(host_of(event) or "")
    assert len(loaded) == CLIENTS
    assert all(len(hosts) == CONTENT_NAMES for hosts in loaded.values())


def test_the_hour_without_roles_is_as_it_was(hour: list[dict[str, Any]], by_role: dict[Role, Part]) -> None:
    names = {host for part in by_role.values() for host in part.hosts}
    plain = list(hour_of_events(START, events=9_000, clients=CLIENTS))
    assert (len(hour), len(plain)) == (9_000, 9_000)
    assert names.isdisjoint(host_of(event) for event in plain)


def test_who_stands_out_and_why(tmp_path: Path) -> None:
    hour = Hour(tmp_path / "rows.parquet")
    for name in range(600):
        hour.add(f"shop{name}.com", [f"10.1.0.{name % 20}"], str(int(name % 97 == 0)))
    for client in ("10.0.0.9", "10.0.0.53"):
        for name in range(30):
            hour.add(f"zk{name}q{client[-1]}.net", [client])
    roots = [row(f"n{number}.bazar", hour.start, "10.0.0.77") for number in range(4)]
    roots += [row("curious.bit", hour.start, "10.0.0.78")]
    lists = DomainLists(no_alarm=clients_of(["10.0.0.53"], "'no_alarm'"))
    summary = summarise(hour.write(), hour.context(), lists=lists, alternative=roots)
    found = standing_out(json.loads(REPORT.write(summary.document())))
    assert set(found) == {"10.0.0.9", "10.0.0.77"}
    assert found["10.0.0.9"].startswith("almost certainly infected: 30 flagged, ")
    assert found["10.0.0.77"] == "4 names on alternative roots"
