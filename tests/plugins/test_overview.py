"""The page of all reports, drawn without a server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_devo_dga.plugins.model_source import Models, ModelSource
from airflow_provider_devo_dga.plugins.overview import overview_facts
from airflow_provider_devo_dga.plugins.page_templates import page_templates
from airflow_provider_devo_dga.reports.shelf import ReportShelf
from tests.plugins.stored_reports import DAG
from tests.plugins.test_pages import put, put_drift


class NoModels(ModelSource):
    def models(self, name: str) -> Models:
        return Models(notice=f"Nothing is known of {name}.")


@pytest.mark.parametrize(("hours", "drawn"), [((), ""), ((8,), "w"), ((8, 9, 11), "ww-w")])
def test_windows_and_gaps_are_drawn(tmp_path: Path, hours: tuple[int, ...], drawn: str) -> None:
    for hour in hours:
        put_drift(tmp_path, put(tmp_path, hour), entropy=0.1)
    facts = overview_facts(DAG, ReportShelf(ObjectStoragePath(tmp_path.as_uri())), NoModels())
    page = page_templates().get_template("overview.html").render(**facts, folder="reports")
    assert "".join("w" if bar.window else "-" for bar in facts["bars"]) == drawn
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
    facts = overview_facts(DAG, ReportShelf(ObjectStoragePath(tmp_path.as_uri())), NoModels())
    assert (len(facts["windows"]), facts["sources"]) == (5, 2)
    assert {window.source for window in facts["trend"]} == {"0a0a0a0a"}
    assert len(facts["trend"]) == len(facts["drift"].windows) == len(facts["bars"]) == 3
    page = page_templates().get_template("overview.html").render(**facts, folder="reports")
    assert "the reports below are of 2 sources" in page
    assert page.count("<small>1b1b1b1b</small>") == 2
