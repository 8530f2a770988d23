from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.reports.files.files import write_report
from airflow_provider_devo_dga.reports.page.html import render
from airflow_provider_devo_dga.reports.trend import past_windows
from tests.reports.page.test_html import ATTRIBUTES, TAGS, Page


def test_totals_come_from_the_reports_of_their_windows(infected: Any, tmp_path: Path) -> None:
    hour = timedelta(hours=1)
    write_report(infected.summary(), tmp_path / "1")
    (tmp_path / "2").mkdir()
    (tmp_path / "2" / "report.json").write_text("{ broken")
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "report.json").write_text('{"totals": {"domains": 1}}')
    folders = [(infected.start - hour * (4 - number), tmp_path / str(number)) for number in range(4)]
    trend = past_windows(folders)
    assert [past.known for past in trend] == [False, True, False, False]
    assert (trend[1].domains_flagged, trend[1].clients_infected) == (41, 1)
    page = Page(render(infected.summary(), trend))
    assert "Flagged domains of the last 5 windows, this one last" in page.words
    assert "(3 of 4)" in page.words
    assert page.words.count("×") == 3
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES


@pytest.mark.parametrize("width", [timedelta(minutes=5), timedelta(days=1)])
def test_no_reports_at_all(infected: Any, tmp_path: Path, width: timedelta) -> None:
    summary = infected.summary(window_end=infected.start + width)
    trend = past_windows([(infected.start - width * (24 - n), tmp_path / str(n)) for n in range(24)])
    assert Page(render(summary, trend)).words.count("×") == 24
