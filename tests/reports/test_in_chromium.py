"""The page as a browser sees it: nothing is fetched, nothing runs, the headline is on the first screen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from airflow_provider_devo_dga.reports import write_report
from tests.reports.conftest import Hour

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_opens_without_fetching_or_running_anything(
    hour: Hour, tmp_path: Path, width: int
) -> None:
    for number in range(60):
        hour.add(f"x{number}qzj<b>.example", ["10.0.0.66"], minute=number / 2)
        hour.add(f"shop{number}.example", [f"10.0.0.{number % 30}"], label="0")
    page_file = write_report(hour.summary(), tmp_path).html
    asked: list[str] = []
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(page_file.as_uri())
        headline = page.locator("h1")
        assert "10.0.0.66" in headline.inner_text()
        assert headline.bounding_box()["y"] < 900
        assert page.locator("script, b, a[href^=http]").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert (asked, said) == ([page_file.as_uri()], [])
