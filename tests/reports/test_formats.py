"""Reports of every format are read; newer ones and damaged ones are refused by name, each in its own line."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DocumentError
from airflow_provider_devo_dga.reports.evidence.figures import REPORT
from airflow_provider_devo_dga.reports.files.files import write_report
from airflow_provider_devo_dga.reports.page.html import render
from airflow_provider_devo_dga.reports.shelf import ReportShelf
from tests.reports.damage import DAMAGED
from tests.reports.page.test_html import ATTRIBUTES, TAGS, Page

FORMATS = Path(__file__).with_name("formats")
DAG, SLUG = "dga_hourly_report", "20261124T140000Z_3600s"


def placed(folder: Path, content: str | bytes, slug: str = SLUG) -> ReportShelf:
    (folder / slug).mkdir(parents=True)
    (folder / slug / "report.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / slug / "report.html").write_text("<p>a page</p>")
    return ReportShelf(folder)


def test_there_is_a_fixture_of_every_format() -> None:
    assert sorted(file.stem for file in FORMATS.iterdir()) == [str(n) for n in range(REPORT.format + 1)]


@pytest.mark.parametrize("file", sorted(FORMATS.iterdir()), ids=lambda file: file.stem)
def test_a_report_of_each_format_is_read(file: Path) -> None:
    figures = REPORT.read(file.read_bytes(), file)
    assert (figures.context.dag_id, figures.context.model_version) == (DAG, "20261120T030000Z")
    assert figures.context.window_start.isoformat() == "2026-11-24T14:00:00+00:00"
    assert (figures.totals.domains, figures.totals.domains_flagged, figures.totals.clients) == (60, 8, 5)


def test_what_is_written_today_is_the_newest_format_and_says_what_the_former_did(
    infected: Any, tmp_path: Path
) -> None:
    written = json.loads(write_report(infected.summary(), tmp_path).json.read_bytes())
    kept = json.loads((FORMATS / f"{REPORT.format}.json").read_bytes())
    assert next(iter(written)) == "format"
    for part in (lambda found: found, lambda found: found["context"], lambda found: found["totals"]):
        assert set(part(written)) == set(part(kept))
    assert kept["context"]["window_start"] == "2026-11-24T14:00:00Z"


def test_a_newer_report_is_refused_with_the_remedy(tmp_path: Path, caplog: Any) -> None:
    newer = json.dumps(json.loads((FORMATS / "1.json").read_bytes()) | {"format": 3})
    with pytest.raises(DocumentError, match="Upgrade airflow-provider-devo-dga"):
        REPORT.read(newer, "x")
    shelf = placed(tmp_path, newer)
    assert [report.figures for report in shelf.latest(DAG, 3)] == [None]
    assert "Upgrade airflow-provider-devo-dga" in caplog.text
    assert list(shelf.latest("another_dag", 3)) == []
    assert shelf.page(DAG, SLUG) == b"<p>a page</p>", "the page itself needs no figures"


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_report_costs_its_own_line(tmp_path: Path, name: str) -> None:
    placed(tmp_path, (FORMATS / "1.json").read_bytes(), "20261124T130000Z_3600s")
    shelf = placed(tmp_path, DAMAGED[name]((FORMATS / "1.json").read_text()))
    assert [report.figures is None for report in shelf.latest(DAG, 3)] == [True, False]


def test_a_report_that_is_no_file_costs_its_own_line(tmp_path: Path) -> None:
    shelf = placed(tmp_path, (FORMATS / "1.json").read_bytes(), "20261124T130000Z_3600s")
    (tmp_path / SLUG).mkdir()
    os.mkfifo(tmp_path / SLUG / "report.json")
    (tmp_path / "20261124T150000Z_3600s").write_text("no folder")
    assert [report.slug for report in shelf.latest(DAG, 3)] == ["20261124T130000Z_3600s"]


@pytest.mark.parametrize("linked", ["report.json", "report.html", "folder"])
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, linked: str) -> None:
    outside = placed(tmp_path / "elsewhere", (FORMATS / "1.json").read_bytes()).folder / SLUG
    shelf = placed(tmp_path / "reports", (FORMATS / "1.json").read_bytes())
    inside = shelf.folder / SLUG
    if linked == "folder":
        for file in list(inside.iterdir()):
            file.unlink()
        inside.rmdir()
        inside.symlink_to(outside)
    else:
        (inside / linked).unlink()
        (inside / linked).symlink_to(outside / linked)
    assert shelf.page(DAG, SLUG) is None
    assert (shelf.find(DAG, SLUG) is None) is (linked != "report.html")
    (tmp_path / "there").symlink_to(tmp_path / "elsewhere")
    assert ReportShelf(tmp_path / "there").page(DAG, SLUG), "the folder itself may be a link"


def test_the_trend_comes_from_the_reports_of_its_windows(infected: Any, tmp_path: Path) -> None:
    hour, slugs = timedelta(hours=1), [f"20261124T{hour}0000Z_3600s" for hour in (10, 11, 12, 13)]
    write_report(infected.summary(), tmp_path / slugs[1])
    placed(tmp_path, "{ broken", slugs[2])
    placed(tmp_path, '{"totals": {"domains": 1}}', slugs[3])
    starts = [infected.start - hour * back for back in (4, 3, 2, 1)]
    trend = ReportShelf(tmp_path).trend(zip(starts, slugs, strict=True))
    assert [past.totals is not None for past in trend] == [False, True, False, False]
    assert trend[1].totals is not None
    assert (trend[1].totals.domains_flagged, trend[1].totals.clients_infected) == (41, 1)
    page = Page(render(infected.summary(), trend))
    assert "Flagged domains of the last 5 windows, this one last" in page.words
    assert "(3 of 4)" in page.words
    assert page.words.count("×") == 3
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES


@pytest.mark.parametrize("width", [timedelta(minutes=5), timedelta(days=1)])
def test_a_trend_without_any_report(infected: Any, tmp_path: Path, width: timedelta) -> None:
    summary = infected.summary(window_end=infected.start + width)
    windows = [(infected.start - width * (24 - n), SLUG) for n in range(24)]
    assert Page(render(summary, ReportShelf(tmp_path).trend(windows))).words.count("×") == 24
