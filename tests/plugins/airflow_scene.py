"""Airflow with a run that has a report, and a browser before it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

from tests.plugins.airflow_ui import AirflowUi
from tests.plugins.stored_reports import CHAMPION, DAG

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FrameLocator, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# a busy machine needs its time
PATIENCE = 60_000
REPORTS_TAB = "/plugin/dga-reports"
SECRET = "only for those who run the server"
CARD = f"<main><h1>Model card of {CHAMPION}</h1></main>"

in_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")


@dataclass(frozen=True)
class Scene:
    """Airflow with a run that has a report, among others."""

    ui: AirflowUi
    run_id: str
    slug: str

    @property
    def run(self) -> str:
        return f"{self.ui.url}/dags/{DAG}/runs/{quote(self.run_id)}"

    def endpoints(self) -> dict[str, str]:
        """Return an address for each endpoint of the plugin."""
        return {
            "/dags/{dag_id}/reports": f"/dags/{DAG}/reports",
            "/dags/{dag_id}/reports/{slug}": f"/dags/{DAG}/reports/{self.slug}",
            "/reports": "/reports",
            "/dags/{dag_id}/reports/{slug}/{name}": f"/dags/{DAG}/reports/{self.slug}/report.html",
            "/dags/{dag_id}/models/{version}/model_card.html": (
                f"/dags/{DAG}/models/{CHAMPION}/model_card.html"
            ),
            "/run": f"/run?dag_id={DAG}&run_id={quote(self.run_id)}",
        }

    def ask(self, path: str, user: str | None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.ui.token(user)}"} if user else {}
        return requests.get(f"{self.ui.url}/devo-dga{path}", headers=headers, timeout=60)


def new_page(browser: Browser, width: int = 1280, height: int = 900, scheme: Any = "light") -> Page:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    return page


def log_in(page: Page, ui: AirflowUi, user: str) -> None:
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", ui.passwords[user])
    page.click("button[type=submit]")


def frame(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")
