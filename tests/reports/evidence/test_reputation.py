"""Names that many ask for: a site or an outbreak, which the windows before tell."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from airflow_provider_devo_dga.reports.evidence import reputation
from airflow_provider_devo_dga.reports.evidence.client_list import clients_of
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists
from airflow_provider_devo_dga.reports.evidence.past import Past
from airflow_provider_devo_dga.reports.evidence.reputation import Reputation, reputation_of
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary, summarise
from airflow_provider_devo_dga.reports.evidence.witness import share_of, widely_asked_from
from tests.reports.test_past import past_of, reported

NETWORK = 100
CLIENTS = [f"10.1.0.{number}" for number in range(NETWORK)]


def office(hour: Any) -> Any:
    """Fill an hour: a hundred clients with thirty names each of their own, one in a hundred flagged."""
    hour.rows.clear()
    for number, client in enumerate(CLIENTS):
        for name in range(30):
            odd = (number * 30 + name) % 100 == 0
            hour.add(f"shop{number}x{name}.com", [client], str(int(odd)))
    return hour


def site(hour: Any, visitors: int = 20) -> Any:
    """A fifth of the clients visits one site whose twelve hosts have odd names."""
    for name in range(12):
        hour.add(f"xq{name}zk.com", CLIENTS[:visitors])
    return hour


def outbreak(hour: Any) -> Any:
    """A fifth of the clients asks for a family's names, each for twenty out of forty of the day."""
    for name in range(40):
        hour.add(f"qz{name}kx.com", [CLIENTS[n] for n in range(20) if (name - n) % 40 < 20])
    return hour


def standing_out(summary: ReportSummary) -> set[str]:
    return {client.client for client in summary.clients if client.stands_out}


def test_a_name_of_a_tenth_of_the_clients_and_more_counts_still_less() -> None:
    assert widely_asked_from(200) == 20
    assert [share_of(clients, 200) for clients in (1, 2, 20)] == [
        share_of(clients, 9000) for clients in (1, 2, 20)
    ]
    assert share_of(80, 200) == pytest.approx(share_of(80, 9000) / 2**0.5)
    shares = [share_of(clients, 200) for clients in range(1, 201)]
    assert shares == sorted(shares, reverse=True)


def test_a_site_of_odd_names_makes_nobody_suspicious(hour: Any) -> None:
    assert standing_out(summarise(site(office(hour)).write(), hour.context())) == set()


def test_an_outbreak_of_as_many_is_found_at_once(hour: Any) -> None:
    assert standing_out(summarise(outbreak(office(hour)).write(), hour.context())) == set(CLIENTS[:20])


def test_the_window_after_knows_a_site(hour: Any, tmp_path: Path) -> None:
    reported(site(office(hour)), tmp_path, 0)
    past = past_of(hour, tmp_path)
    assert past.reputation.share("xq0zk.com", 20, NETWORK) == 0.0
    assert past.reputation.share("elsewhere.com", 20, NETWORK) == share_of(20, NETWORK)


def test_the_window_after_knows_an_outbreak(hour: Any, tmp_path: Path) -> None:
    reported(outbreak(office(hour)), tmp_path, 0)
    past = past_of(hour, tmp_path)
    assert past.reputation.share("qz19kx.com", 60, NETWORK) == 1.0
    start = hour.start + timedelta(hours=1)
    context = hour.context(window_start=start, window_end=start + timedelta(hours=1))
    office(hour)
    for name in range(16, 20):
        hour.add(f"qz{name}kx.com", CLIENTS[:60])
    late = summarise(hour.write(), context, past=past)
    assert {said.counted for said in late.clients[0].witnesses if said.witness == "flagged"} == {5}


def test_one_early_visitor_accuses_nobody_who_visits_the_site_later(hour: Any, tmp_path: Path) -> None:
    reported(site(office(hour), visitors=1), tmp_path, 0)
    assert hash("xq0zk.com") in past_of(hour, tmp_path).reputation.notorious
    start = hour.start + timedelta(hours=1)
    context = hour.context(window_start=start, window_end=start + timedelta(hours=1))
    crowd = summarise(site(office(hour)).write(), context, past=past_of(hour, tmp_path))
    assert standing_out(crowd) == set()


def test_clients_that_raise_no_alarm_make_no_name_usual(hour: Any, tmp_path: Path) -> None:
    """Twenty sandboxes run malware for a living; who asks for its names in the office is told of."""
    sandboxes = DomainLists(no_alarm=clients_of(CLIENTS[:20], "no_alarm"))
    reported(outbreak(office(hour)), tmp_path, 0, sandboxes)
    start = hour.start + timedelta(hours=1)
    context = hour.context(window_start=start, window_end=start + timedelta(hours=1))
    office(hour)
    for name in range(14, 26):
        hour.add(f"qz{name}kx.com", [CLIENTS[70]])
    later = summarise(hour.write(), context, past=past_of(hour, tmp_path), lists=sandboxes)
    assert standing_out(later) == {CLIENTS[70]}


def window(*rows: tuple[str, int, int, bool]) -> pa.Table:
    names = ("reg_domain", "clients_n", "clients_standing_out_n", "widely_asked")
    return pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))


@pytest.mark.parametrize(
    ("rows", "share"),
    [
        ([("a.com", 40, 9, True)], 0.0),
        ([("a.com", 40, 10, True)], share_of(40, 400)),
        ([("a.com", 9, 0, False)], share_of(40, 400)),
        ([("a.com", 40, 20, True)], 1.0),
        ([("a.com", 10, 10, False)], 1.0),
        ([("a.com", 9, 9, False)], 0.9),
        ([("a.com", 9, 9, False), ("a.com", 9, 8, False)], 0.9),
        ([("a.com", 2, 1, False)], share_of(40, 400)),
        ([("a.com", 0, 0, False)], share_of(40, 400)),
        ([("a.com", 1, 1, False), ("a.com", 40, 0, True)], 0.0),
    ],
)
def test_who_asked_before_decides(rows: list[tuple[str, int, int, bool]], share: float) -> None:
    known = reputation_of(window(row) for row in rows)
    assert known.share("a.com", 40, 400) == share
    assert hash("a.com") in known.known


def test_the_latest_names_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reputation, "NAMES_KEPT", 3)
    windows = [
        window(("a.com", 1, 0, False), ("b.com", 1, 0, False)),
        window(*[(f"{n}.com", 1, 0, False) for n in range(9)]),
    ]
    assert reputation_of(windows).known == {hash("a.com"), hash("b.com"), hash("0.com")}
    assert reputation_of([]) == Reputation()


def test_no_past_knows_nothing() -> None:
    assert not Past().knows("a.com")
