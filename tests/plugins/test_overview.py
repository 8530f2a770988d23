"""The page of all reports, drawn without a server."""

from __future__ import annotations

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
