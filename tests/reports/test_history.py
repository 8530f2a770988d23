"""A client's history, and when people are told: out of the stored reports before, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DocumentError
from airflow_provider_devo_dga.reports.evidence.client_history import Histories, standing
from airflow_provider_devo_dga.reports.evidence.figures import (
    REPORT,
    AlternativeClient,
    Change,
    JudgedClient,
    KeyTotals,
    ReportFigures,
    RunFigures,
)
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary, summarise
from airflow_provider_devo_dga.reports.page.html import render
from airflow_provider_devo_dga.reports.page.news import news
from airflow_provider_devo_dga.reports.shelf import ReportShelf
from tests.reports.conftest import Hour

TOTALS = KeyTotals(
    domains=0,
    domains_flagged=0,
    domains_expected_false=0,
    clients=0,
    clients_suspicious=0,
    clients_infected=0,
)
VERDICTS = {"s": "suspicious", "i": "almost certainly infected"}
N, W, B = Change.NEW, Change.WORSE, Change.BACK


def at(number: int, hours: float = 1) -> datetime:
    return Hour.start + timedelta(hours=number * hours)


def chained(course: str, hours: float = 1) -> list[ReportFigures]:
    """Report windows in order: s suspicious, i infected, a alternative root, - quiet, x no report."""
    found: list[ReportFigures] = []
    for number, letter in enumerate(course):
        if letter == "x":
            continue
        start = at(number, hours)
        clients = [JudgedClient(client="10.0.0.9", verdict=VERDICTS.get(letter, "as expected by chance"))]
        uses = [AlternativeClient(client="10.0.0.9", alarm=letter == "a")]
        since = start - timedelta(hours=24 * hours)
        before = [report for report in found if report.context.window_start >= since]
        histories = Histories(start, standing(clients, uses), before)
        run = RunFigures(
            window_start=start, window_end=start + timedelta(hours=hours), model_name="m", dag_id="d"
        )
        history = histories.get("10.0.0.9")
        found.append(
            ReportFigures(
                context=run,
                totals=TOTALS,
                clients=tuple(
                    JudgedClient(client=each.client, verdict=each.verdict, history=history)
                    for each in clients
                ),
                alternative=tuple(
                    AlternativeClient(client=use.client, alarm=use.alarm, history=history) for use in uses
                ),
                last_told=histories.last_told,
            )
        )
    return found


def last_history(course: str) -> tuple[Any, ...]:
    found = chained(course)[-1].clients[0].history
    assert found is not None
    since = (found.first - at(0)) / timedelta(hours=1)
    return (found.change, found.in_a_row, found.stood_out, found.windows, since)


@pytest.mark.parametrize(
    ("course", "history"),
    [
        ("i", (N, 1, 1, 1, 0)),
        ("--i", (N, 1, 1, 3, 2)),
        ("si", (W, 2, 2, 2, 0)),
        ("sa", (W, 2, 2, 2, 0)),
        ("ai", (W, 2, 2, 2, 0)),
        ("isi", (None, 3, 3, 3, 0)),
        ("ia", (None, 2, 2, 2, 0)),
        ("i-----i", (None, 1, 2, 7, 0)),
        ("i------i", (B, 1, 2, 8, 0)),
        ("i------s", (B, 1, 2, 8, 0)),
        ("ixxxxxxi", (None, 2, 2, 2, 0)),
        ("i" * 30, (None, 24, 24, 24, 0)),
        ("i" + "-" * 23 + "i", (N, 1, 1, 24, 24)),
    ],
)
def test_a_history_tells_what_the_windows_before_saw(course: str, history: tuple[Any, ...]) -> None:
    assert last_history(course) == history


@pytest.mark.parametrize(
    ("course", "hours", "told"),
    [
        ("--ss-i-iiii", 1, {2, 5}),
        ("i" * 50, 1, {0, 24, 48}),
        ("i" + "-" * 30, 1, {0}),
        ("s" * 5, 24, {0, 1, 2, 3, 4}),
        ("s" * 300, 1 / 12, {0, 288}),
        ("i-" * 12 + "i", 1, {0, 24}),
    ],
)
def test_people_are_told_of_changes_and_once_a_day(course: str, hours: float, told: set[int]) -> None:
    assert {number for number, report in enumerate(chained(course, hours)) if report.told} == told


def stored(hour: Hour, folder: Path, number: int, earlier: Iterable[int]) -> ReportSummary:
    context = hour.context(window_start=at(number), window_end=at(number + 1))
    _, past = ReportShelf(folder).past([(at(n), f"{at(n):%Y%m%dT%H%M%SZ}_3600s") for n in earlier], context)
    summary = summarise(hour.path, context, past=past)
    place = folder / f"{at(number):%Y%m%dT%H%M%SZ}_3600s"
    place.mkdir(parents=True, exist_ok=True)
    (place / "report.json").write_bytes(REPORT.write(summary.document()))
    return summary


def test_the_page_tells_the_history_and_the_same_window_twice_says_the_same(
    infected: Hour, tmp_path: Path
) -> None:
    infected.write()
    assert news(stored(infected, tmp_path, 0, ())) == "New: 10.0.0.9."
    later = stored(infected, tmp_path, 2, range(2))
    assert (news(later), later.last_told) == ("", at(0))
    assert stored(infected, tmp_path, 2, range(2)) == later, "a retry"
    assert news(stored(infected, tmp_path, 0, ())) == "New: 10.0.0.9.", "a cleared window knows no later one"
    backfilled = stored(infected, tmp_path, 1, range(1))
    assert news(backfilled) == ""
    assert "since 24 November, 14:00 UTC; 2 of the last 2 windows, 2 in a row" in render(backfilled)
    reminded = stored(infected, tmp_path, 24, range(24))
    assert news(reminded) == "The reminder of the day: 1 client still stands out."
    assert news(reminded) in render(reminded)


def test_a_reports_history_without_a_zone_is_damage() -> None:
    kept = REPORT.write(chained("i")[0])
    document = kept.replace(b'told": "2026-11-24T14:00:00Z"', b'told": "2026-11-24T14:00:00"')
    with pytest.raises(DocumentError, match="last_told needs a time zone"):
        REPORT.read(document, "x")
