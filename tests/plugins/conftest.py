"""Airflow's own API server with the plugin: asked in this process, and served, with a browser before it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.plugins.airflow_scene import Scene


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    monkeypatch.setenv("AIRFLOW__DEVO_DGA__REPORTS_DIR", folder.as_uri())
    return folder


@pytest.fixture(scope="module")
def app(airflow_database: None) -> Iterator[Any]:
    from airflow.api_fastapi.app import create_app, purge_cached_app

    from airflow_provider_devo_dga.plugins.devo_dga import DevoDGAPlugin

    purge_cached_app()
    # the pages know models for a minute: those of another module's history, too
    DevoDGAPlugin.fastapi_apps[0]["app"]._app = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", secrets.token_hex(32))
        yield create_app()
    purge_cached_app()


@pytest.fixture
def ask(app: Any, reports: Path) -> Iterator[Callable[..., Any]]:
    """Ask for a path as a user with a role, or as nobody."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from starlette.testclient import TestClient

    with TestClient(app) as client:

        def get(path: str, role: str | None = "viewer", **options: Any) -> Any:
            headers = {}
            if role is not None:
                token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="u", role=role))
                headers["Authorization"] = f"Bearer {token}"
            return client.get(f"/devo-dga{path}", headers=headers, follow_redirects=False, **options)

        yield get


@pytest.fixture(scope="session")
def scene(airflow_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Start Airflow, and meanwhile write what it is to show."""
    from tests.e2e.airflow_processes import wait_until
    from tests.plugins.airflow_scene import CARD, SECRET, Scene
    from tests.plugins.airflow_ui import starting_ui
    from tests.plugins.stored_reports import (
        CHALLENGER,
        CHAMPION,
        DAG,
        put_card,
        put_history,
        put_reports,
        run_that_tells,
    )

    folder = tmp_path_factory.mktemp("ui")
    reports = folder / "reports"
    reports.mkdir()
    (folder / "report.html").write_text(SECRET)
    (folder / "report.json").write_text(SECRET)
    settings = {
        "AIRFLOW__DEVO_DGA__REPORTS_DIR": reports.as_uri(),
        "AIRFLOW__DEVO_DGA__HISTORY_DIR": folder.as_uri(),
        "AIRFLOW__DEVO_DGA__MODELS_DIR": (folder / "models").as_uri(),
    }
    with starting_ui(folder, settings) as ui:
        slug = put_reports(reports, folder)
        put_history(folder)
        put_card(folder / "models", CHAMPION, CARD)
        run_id = run_that_tells(f"{reports.as_uri()}/{slug}/report.html")
        ui.wait()
        scene = Scene(ui, run_id, slug)
        # the first page may be shown before MLflow has answered
        wait_until(lambda: CHALLENGER in scene.ask(f"/dags/{DAG}/reports", "boss").text, 60, "No models")
        yield scene


# Of a module: as long as it is open, asyncio.run() is refused to every test of the process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    from tests.plugins.airflow_scene import CHROMIUM, FLAGS
    from tests.reports.page.test_in_chromium import SCREENSHOTS

    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def cookies(browser: Browser, scene: Scene) -> list[Any]:
    """Log in once, as a person does; return what the browser was given."""
    from playwright.sync_api import expect

    from tests.plugins.airflow_scene import PATIENCE, REPORTS_TAB, log_in, new_page
    from tests.reports.page.test_in_chromium import SCREENSHOTS

    page = new_page(browser)
    page.goto(f"{scene.ui.url}{REPORTS_TAB}")
    expect(page.locator("input[name=password]")).to_be_visible(timeout=PATIENCE)
    page.screenshot(path=SCREENSHOTS / "airflow-login.png")
    log_in(page, scene.ui, "analyst")
    page.wait_for_url(f"**{REPORTS_TAB}")
    found: list[Any] = page.context.cookies()
    page.context.close()
    return found


@pytest.fixture
def open_page(browser: Browser, cookies: list[Any]) -> Iterator[Callable[..., Page]]:
    """Open pages of a given size as the user who is logged in."""
    from tests.plugins.airflow_scene import new_page

    opened: list[Page] = []

    def make(width: int = 1280, height: int = 900, scheme: str = "light") -> Page:
        page = new_page(browser, width, height, scheme)
        page.context.add_cookies(cookies)
        opened.append(page)
        return page

    yield make
    for page in opened:
        page.context.close()
