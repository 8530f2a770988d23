"""A backtest tells who would have been named, which names moved, and what clean clients' names become."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_provider_devo_dga.errors import DocumentError, ReportError
from airflow_provider_devo_dga.models.meaning import meaning_of
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.promotion.backtest import backtest as module
from airflow_provider_devo_dga.promotion.backtest.backtest import BACKTEST, Backtest, OwnTraffic, backtest
from airflow_provider_devo_dga.promotion.backtest.limits import BacktestLimits, backtest_report
from airflow_provider_devo_dga.promotion.backtest.replay import Contender
from airflow_provider_devo_dga.promotion.backtest.stored_windows import StoredWindow, stored_windows
from airflow_provider_devo_dga.reports.evidence.client_list import clients_of
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists, domains_of
from tests.stored_network import END, HOUR, KEY, NAME, Network, words

OLD, NEW = "20260101T030000Z", "20260105T030000Z"


def contender(network: Network, version: str, flagged_from: int) -> Contender:
    network.model(version, flagged_from)
    trained = ModelStore(network.models).summary(version, NAME)
    assert trained is not None
    return Contender(trained, network.models / version / f"{NAME}.zip", meaning_of(trained))


def windows(network: Network, most: int = 24) -> list[StoredWindow]:
    return list(stored_windows(network.reports, KEY, before=END + 0.3 * HOUR, width=HOUR, most=most))


def tried(network: Network, new: int, old: int | None = 14, lists: DomainLists | None = None) -> Backtest:
    champion = contender(network, OLD, old) if old else None
    return backtest(windows(network), contender(network, NEW, new), champion, lists or DomainLists(), KEY)


def test_the_latest_windows_are_found_by_the_clock_and_gaps_are_passed_over(network: Network) -> None:
    (network.reports / "rows" / windows(network)[1].rows.name).unlink()
    found = windows(network)
    assert [END - stored.window.end for stored in found] == [0 * HOUR, 2 * HOUR]
    assert windows(network, most=1) == found[:1]
    assert windows(network, most=0) == []
    assert not list(stored_windows(network.reports, "another0", before=END, width=HOUR, most=24))


def test_the_same_model_changes_nothing(network: Network) -> None:
    found = tried(network, new=14)
    assert (found.windows, found.seconds, found.version) == (3, 3 * 3600, NEW)
    assert found.candidate is not None
    assert found.champion is not None
    assert (found.candidate.clients, found.candidate.alarms) == (1, 1), "told once, the reminder is a day off"
    assert (found.champion.clients, found.champion.version) == (1, OLD)
    assert (found.only_candidate, found.only_champion, found.clients) == (0, 0, [])
    assert (found.newly_n, found.no_longer_n) == (0, 0)


def test_a_model_that_sees_less_is_told_by_client_and_name(network: Network) -> None:
    found = tried(network, new=20)
    assert (found.only_candidate, found.only_champion) == (0, 1)
    assert [(each.client, each.windows, each.champion_windows) for each in found.clients] == [
        ("10.0.0.99", 0, 3)
    ]
    assert (found.newly_n, found.no_longer_n, len(found.no_longer)) == (0, 90, 10)
    assert set(found.no_longer) <= {name for back in range(3) for name in words(5000 + back, 30, 16)}
    assert BacktestLimits(max_fewer_clients=0).reasons_against(found, trained()) == [
        "it would not name 1 clients that the champion names in 3 stored windows, more than 0 a week"
    ]
    assert BacktestLimits(max_fewer_clients=1).reasons_against(found, trained()) == []


@pytest.mark.parametrize(
    ("hours", "count", "refused"), [(3, 10, False), (3, 11, True), (336, 20, False), (336, 21, True)]
)
def test_less_than_a_week_is_not_scaled_up_and_more_is_scaled_down(
    hours: int, count: int, refused: bool
) -> None:
    more = Backtest(version=NEW, windows=hours, seconds=hours * 3600, only_candidate=count)
    fewer = Backtest(version=NEW, windows=hours, seconds=hours * 3600, only_champion=count)
    for found in (more, fewer):
        assert bool(BacktestLimits().reasons_against(found, trained())) == refused


def test_a_clean_clients_names_are_counted_and_a_suspects_are_not(network: Network) -> None:
    found = tried(network, new=11)
    assert (found.newly_n, found.own.flagged) == (60, 60), "twelve letters are flagged now"
    # the suspect asks for 30 + 10 names an hour, which are left out
    assert found.own.names == 3 * (40 * 20 + 20)
    assert all(len(name) == 16 and score > 0.9 for name, score in found.own.highest)
    alone = tried(network, new=11, old=None)
    assert alone.champion is None
    assert alone.own.names == found.own.names + 3 * 40, "nobody has called the suspect one"


def test_listed_names_and_clients_are_left_out(network: Network) -> None:
    name = next(words(9000, 1, 12))
    lists = DomainLists(domains_of([name], "x"), no_alarm=clients_of(["10.0.0.0/30"], "x"))
    found = tried(network, new=11, lists=lists)
    assert found.own.flagged == 60 - 3 * 2
    assert found.own.names == 3 * (40 * 20 + 20) - 3 * (4 * 20 + 2)
    assert len(found.own.highest) == 10


def test_no_more_names_than_are_declared_are_held(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NAMES_MOST", 2000)
    assert tried(network, new=14).windows == 2
    monkeypatch.setattr(module, "NAMES_MOST", 500)
    found = tried(network, new=14)
    assert (found.windows, found.candidate) == (0, None)
    assert "not tried on your own traffic" in backtest_report(found, trained())


def test_a_damaged_file_is_a_typed_error(network: Network) -> None:
    stored = windows(network)[0]
    stored.report.parent.mkdir(parents=True)
    stored.report.write_bytes(b"{")
    with pytest.raises(DocumentError, match=r"report\.json"):
        tried(network, new=14)
    stored.report.unlink()
    Path(str(stored.rows)).write_bytes(b"no rows")
    with pytest.raises(ReportError, match="cannot be read as Parquet"):
        tried(network, new=14)
    pq.write_table(pa.table({"reg_domain": ["a.com"]}), stored.rows)
    with pytest.raises(ReportError, match="lack column sld"):
        tried(network, new=14)


def trained(budget: float | None = 0.01) -> TrainingSummary:
    facts: dict[str, Any] = {"version": NEW, "sha256": "a", "model_file": "m"}
    return TrainingSummary.of(
        facts | {"feature_set": {"name": "tutorial", "fingerprint": "f"}, "false_positive_budget": budget}
    )


@pytest.mark.parametrize(
    ("names", "flagged", "budget", "factor", "refused"),
    [
        (10_000, 100, 0.01, 3, False),
        (10_000, 300, 0.01, 3, False),
        (10_000, 400, 0.01, 3, True),
        (10_000, 400, 0.01, 5, False),
        (999, 900, 0.01, 3, False),  # too few names to say
        (1_000, 33, 0.01, 3, False),  # by chance
        (10_000, 0, 0.01, 3, False),
        (10_000, 9_000, None, 3, False),
    ],
)
def test_a_share_far_above_the_budget_is_a_reason(
    names: int, flagged: int, budget: float | None, factor: float, refused: bool
) -> None:
    own = OwnTraffic(names=names, flagged=flagged, highest=[("odd-name.com", 0.99)])
    found = Backtest(version=NEW, windows=3, seconds=3 * 3600, own=own)
    reasons = BacktestLimits(max_own_factor=factor).reasons_against(found, trained(budget))
    assert bool(reasons) == refused
    assert all("odd-name[.]com" in reason and "budget of 1" in reason for reason in reasons)


def test_people_are_told_the_change_and_hostile_text_stays_text(network: Network) -> None:
    found = tried(network, new=11)
    told = backtest_report(found, trained())
    assert "On the last 3 stored windows" in told
    assert "60 names are flagged anew, 0 no longer" in told
    assert "| clients named |" in told
    hostile = BACKTEST.of(found.to_dict(), "x")
    clients = [module.ClientChange(client="<b>`x`|\u202e", windows=1, champion_windows=0)]
    told = backtest_report(replace(hostile, clients=clients), trained())
    assert "| `<b>'x'¦\\u202e` | 1 | 0 |" in told
