"""The page of all reports, drawn without a server."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_devo_dga.models.store import ModelStore
from airflow_provider_devo_dga.plugins.devo_dga import DevoDGAPlugin
from airflow_provider_devo_dga.plugins.model_source import Models, ModelSource
from airflow_provider_devo_dga.plugins.overview import overview_facts
from airflow_provider_devo_dga.plugins.page_templates import page_templates
from airflow_provider_devo_dga.plugins.trend_bars import trend_bars
from airflow_provider_devo_dga.reports.shelf import ReportShelf
from tests.plugins.page_tables import cells
from tests.plugins.stored_hours import facts, put, put_drift
from tests.plugins.stored_reports import DAG


class NoModels(ModelSource):
    def models(self, name: str) -> Models:
        return Models(notice=f"Nothing is known of {name}.")


def shown(folder: Path) -> dict[str, Any]:
    place = ObjectStoragePath(folder.as_uri())
    facts = overview_facts(DAG, ReportShelf(place), NoModels(), ModelStore(place / "models"))
    return facts | {"folder": "reports", "others": ()}


@pytest.mark.parametrize(("hours", "drawn"), [((), ""), ((8,), "w"), ((8, 9, 11), "ww-w")])
def test_windows_and_gaps_are_drawn(tmp_path: Path, hours: tuple[int, ...], drawn: str) -> None:
    for hour in hours:
        put_drift(tmp_path, put(tmp_path, hour), entropy=0.1)
    facts = shown(tmp_path)
    page = page_templates().get_template("overview.html").render(**facts)
    assert "".join("w" if bar.window else "-" for bar in facts["drawn"].bars) == drawn
    assert page.count("<rect class") == drawn.count("w")
    assert page.count('<line class="gap"') == drawn.count("-")
    assert "Nothing is known of dga_classifier." in page


def test_trend_and_drift_are_of_one_source(tmp_path: Path) -> None:
    for hour in (8, 9, 10):
        slug = put(tmp_path, hour)
        for source in ("0a0a0a0a", "1b1b1b1b"):
            if (hour, source) != (10, "1b1b1b1b"):
                shutil.copytree(tmp_path / slug, tmp_path / f"{slug}_{source}")
                put_drift(tmp_path, f"{slug}_{source}", entropy=0.1)
        shutil.rmtree(tmp_path / slug)
    facts = shown(tmp_path)
    assert (len(facts["windows"]), facts["sources"]) == (5, 2)
    assert {window.source for window in facts["trend"]} == {"0a0a0a0a"}
    assert len(facts["trend"]) == len(facts["drift"].windows) == len(facts["drawn"].bars) == 3
    page = page_templates().get_template("overview.html").render(**facts)
    assert "the reports below are of 2 sources" in page
    assert page.count("<small>1b1b1b1b</small>") == 2


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(0, (0, 1)), (3, (0, 1, 2, 3)), (9, (0, 5)), (47, (0, 20, 40)), (123_456, (0, 50_000, 100_000))],
)
def test_the_axis_has_round_numbers(tmp_path: Path, most: int, ticks: tuple[int, ...]) -> None:
    told = facts(8)
    told["totals"] |= {"domains": most, "domains_flagged": most, "domains_expected_false": 0.5}
    (tmp_path / put(tmp_path, 8) / "report.json").write_text(json.dumps(told))
    [window] = shown(tmp_path)["windows"]
    drawn = trend_bars([window])
    assert drawn.ticks == ticks
    assert drawn.top == max(1, most)
    assert [at for at, _ in drawn.labelled] == [0]


def test_an_infection_alone_is_no_drift_in_red(tmp_path: Path) -> None:
    put_drift(tmp_path, put(tmp_path, 8), entropy=0.1, share_flagged=0.4)
    page = page_templates().get_template("overview.html").render(**shown(tmp_path))
    [row] = cells(page, "Drift by window")
    assert row[1] == "none"
    assert float(row[4]) > 0.25
    assert 'class="over"' not in page


def test_each_bar_leads_to_its_report(tmp_path: Path) -> None:
    slugs = [put(tmp_path, hour) for hour in (8, 9)]
    page = page_templates().get_template("overview.html").render(**shown(tmp_path))
    drawn = page[page.index("<svg") : page.index("</svg>")]
    assert re.findall('<a href="([^"]*)"', drawn) == [f"reports/{slug}/report.html" for slug in slugs]


def test_each_entry_in_airflow_has_an_icon_for_either_theme() -> None:
    for view in DevoDGAPlugin.external_views:
        for name in ("icon", "icon_dark_mode"):
            drawn = unquote(view[name].removeprefix("data:image/svg+xml,"))
            assert ET.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
