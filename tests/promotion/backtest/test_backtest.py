"""A backtest tells who would have been named, which names moved, and what clean clients' names become."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_provider_devo_dga.errors import MojoExportError
from airflow_provider_devo_dga.models.meaning import meaning_of
from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.models.summary import TrainingSummary
from airflow_provider_devo_dga.promotion.backtest import backtest as module
from airflow_provider_devo_dga.promotion.backtest.backtest import BACKTEST, Backtest, OwnTraffic, backtest
from airflow_provider_devo_dga.promotion.backtest.limits import BacktestLimits, backtest_report
from airflow_provider_devo_dga.promotion.backtest.own_traffic import clean_names
from airflow_provider_devo_dga.promotion.backtest.replay import Contender
from airflow_provider_devo_dga.promotion.backtest.stored_windows import StoredWindow, stored_windows
from airflow_provider_devo_dga.reports.evidence import scored_rows
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
    assert (found.windows, found.stored, found.candidate) == (0, 3, None)
    assert "not tried on your own traffic: none of 3 stored windows" in backtest_report(found, trained())
    [reason] = BacktestLimits().reasons_against(found, trained())
    assert reason.endswith("or try it on no traffic (backtest_hours 0)")


def test_without_a_window_nothing_is_held_against_the_model() -> None:
    found = Backtest(version=NEW, windows=0)
    assert BacktestLimits().reasons_against(found, trained()) == []
    assert "no stored window of the hourly report was there, or none was to be" in backtest_report(
        found, trained()
    )


def damaged_pages(rows: Path) -> None:
    content = bytearray(rows.read_bytes())
    content[4:400] = bytes(396)
    rows.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda rows: rows.write_bytes(b"no rows"), "cannot be read as Parquet"),
        (damaged_pages, "cannot be read as Parquet"),
        (lambda rows: pq.write_table(pa.table({"reg_domain": ["a.com"]}), rows), "lack column sld"),
        (lambda rows: rows.unlink(), "No such file"),
    ],
)
def test_a_damaged_window_is_a_gap(
    network: Network, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], Any], told: str
) -> None:
    stored = windows(network)
    damage(Path(str(stored[1].rows)))
    found = backtest(stored, contender(network, NEW, 14), None, DomainLists(), KEY)
    assert (found.windows, found.stored) == (2, 3)
    assert f"gap, {stored[1].slug}: " in caplog.text
    assert told in caplog.text


def test_a_damaged_report_is_a_gap(network: Network, caplog: pytest.LogCaptureFixture) -> None:
    stored = windows(network)[0]
    stored.report.parent.mkdir(parents=True)
    stored.report.write_bytes(b"{")
    assert tried(network, new=14).windows == 2
    assert "report.json is no" in caplog.text


def test_an_hour_without_a_name_is_replayed(network: Network) -> None:
    before = tried(network, new=14)
    network.hour(3, {})
    found = tried(network, new=14)
    assert (found.windows, found.own) == (4, before.own)


def test_few_rows_are_read_at_once_where_names_have_many_clients(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scored_rows, "CLIENTS_AT_ONCE", 100)
    tables = list(windows(network, most=1)[0].batches())
    assert len(tables) > 5
    assert all(len(table) <= 100 for table in tables)


def test_names_of_unknown_clients_are_nobodys(network: Network) -> None:
    rows = Path(str(windows(network)[0].rows))
    table = pq.read_table(rows)
    clients = table["client_ips"].to_pylist()
    clients[0], clients[1] = [None], [None, *clients[1]]
    column = pa.array(clients, table.schema.field("client_ips").type)
    pq.write_table(table.set_column(5, "client_ips", column), rows)
    clean = clean_names(windows(network, most=1), DomainLists(), []).to_pylist()
    names = table["reg_domain"].to_pylist()
    assert names[0] not in clean
    assert sorted(clean) == sorted(names[1:])


def test_a_champion_that_cannot_be_scored_is_left_out(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    champion = contender(network, OLD, 14)
    champion.mojo.write_bytes(b"no model")
    found = backtest(windows(network), contender(network, NEW, 14), champion, DomainLists(), KEY)
    assert (found.windows, found.champion) == (3, None)
    assert f"The champion {OLD} is not replayed: " in caplog.text
    with pytest.raises(MojoExportError):
        backtest(windows(network), champion, None, DomainLists(), KEY)


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
    assert "| in these windows, a week at most | new | champion |" in told
    assert "| alarms | 1 | 1 |" in told, "three hours are not scaled up to a week"
    hostile = BACKTEST.of(found.to_dict(), "x")
    clients = [module.ClientChange(client="<b>`x`|\u202e", windows=1, champion_windows=0)]
    told = backtest_report(replace(hostile, clients=clients), trained())
    assert "| `<b>'x'¦\\u202e` | 1 | 0 |" in told
