from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from airflow_provider_devo_dga.reports.page import words
from airflow_provider_devo_dga.reports.page.text import defang, shorten, spreadsheet_cell, visible

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("log10", "said"),
    [
        (0.0, "likely"),
        (-0.31, "1 in 2"),
        (-1.6, "1 in 40"),
        (-4.8, "1 in 63,000"),
        (-6.3, "1 in 2 million"),
        (-9.1, "1 in 1.3 billion"),
        (-12, "less than 1 in a trillion"),
        (-400, "less than 1 in a trillion"),
    ],
)
def test_odds(log10: float, said: str) -> None:
    assert words.odds(log10).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (0.001, "< 0.01"), (0.06, "0.06"), (0.5, "0.5"), (2.0, "2"), (1240.4, "1,240")],
)
def test_quantity(number: float, said: str) -> None:
    assert words.quantity(number) == said


def test_times_are_utc_wherever_they_come_from() -> None:
    madrid = NOON.astimezone(timezone(timedelta(hours=1)))
    assert words.clock(madrid) == "12:00:00"
    assert words.window(madrid, madrid + timedelta(hours=1)) == "Monday, 5 January 2026, 12:00 to 13:00 UTC"


def test_window_over_two_days() -> None:
    assert words.window(NOON, NOON + timedelta(days=1)) == (
        "Monday, 5 January 2026, 12:00 to Tuesday, 6 January 2026, 12:00 UTC"
    )
    assert words.moment(NOON, NOON, NOON + timedelta(days=1)) == "Monday, 5 January 2026, 12:00 UTC"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\nb\t\r", r"a\nb\t\r"),
        ("\x00\u202e\u2028", r"\u0000\u202e\u2028"),
        ("ü文", "ü文"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_defang_and_shorten() -> None:
    assert defang("bad.example.com") == "bad[.]example[.]com"
    assert shorten("x" * 70, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_formula_becomes_text(start: str) -> None:
    assert spreadsheet_cell(f"{start}cmd|calc").startswith("'")
    assert spreadsheet_cell(f"a{start}b").startswith("a")
