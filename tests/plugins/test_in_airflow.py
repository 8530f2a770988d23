"""The plugin in Airflow's own UI, in a real browser: what one sees, who sees it, and who does not.

Pictures are left in ``build/screenshots``, to be looked at.
"""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from tests.e2e.airflow_processes import wait_until
from tests.plugins.airflow_ui import AirflowUi, starting_ui
from tests.plugins.stored_reports import CHALLENGER, CHAMPION, DAG, put_history, put_reports, run_that_tells
from tests.reports.page.test_in_chromium import CONTRAST, SCREENSHOTS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# a busy machine needs its time
PATIENCE = 60_000
REPORTS_TAB = "/plugin/dga-reports"
SECRET = "only for those who run the server"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
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
            "/run": f"/run?dag_id={DAG}&run_id={quote(self.run_id)}",
        }

    def ask(self, path: str, user: str | None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.ui.token(user)}"} if user else {}
        return requests.get(f"{self.ui.url}/devo-dga{path}", headers=headers, timeout=60)


@pytest.fixture(scope="module")
def scene(airflow_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Start Airflow, and meanwhile write what it is to show."""
    folder = tmp_path_factory.mktemp("ui")
    reports = folder / "reports"
    reports.mkdir()
    (folder / "report.html").write_text(SECRET)
    (folder / "report.json").write_text(SECRET)
    settings = {
        "AIRFLOW__DEVO_DGA__REPORTS_DIR": reports.as_uri(),
        "AIRFLOW__DEVO_DGA__HISTORY_DIR": folder.as_uri(),
    }
    with starting_ui(folder, settings) as ui:
        slug = put_reports(reports, folder)
        put_history(folder)
        run_id = run_that_tells(f"{reports.as_uri()}/{slug}/report.html")
        ui.wait()
        scene = Scene(ui, run_id, slug)
        # the first page may be shown before MLflow has answered
        wait_until(lambda: CHALLENGER in scene.ask(f"/dags/{DAG}/reports", "boss").text, 60, "No models")
        yield scene


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def cookies(browser: Browser, scene: Scene) -> list[Any]:
    """Log in once, as a person does; return what the browser was given."""
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
    opened: list[Page] = []

    def make(width: int = 1280, height: int = 900, scheme: str = "light") -> Page:
        page = new_page(browser, width, height, scheme)
        page.context.add_cookies(cookies)
        opened.append(page)
        return page

    yield make
    for page in opened:
        page.context.close()


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


@in_browser
@pytest.mark.parametrize(
    ("place", "name"),
    [("", "run"), ("/tasks/report", "task")],
)
def test_the_tab_of_a_run_and_of_its_task_shows_the_report(
    scene: Scene, open_page: Callable[..., Page], place: str, name: str
) -> None:
    page = open_page()
    page.goto(f"{scene.run}{place}")
    page.get_by_role("link", name="DGA report", exact=True).click()
    expect(frame(page).locator("h1")).to_have_text(
        "10.0.0.66 is almost certainly infected, since 13:12 UTC.", timeout=PATIENCE
    )
    page.screenshot(path=SCREENSHOTS / f"airflow-{name}-tab.png")


@in_browser
def test_the_page_of_the_navigation_shows_trend_models_drift_and_reports(
    scene: Scene, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    page.goto(scene.ui.url)
    page.get_by_role("button", name="Browse").click()
    page.get_by_role("menuitem", name="DGA reports").click()
    page.wait_for_url(f"**{REPORTS_TAB}")
    inside = frame(page)
    expect(inside.locator("h1")).to_have_text("1 client is almost certainly infected.", timeout=PATIENCE)
    assert inside.locator("h2").all_inner_texts() == [
        "Flagged domains, window by window",
        "Models",
        "Drift",
        "Reports",
    ]
    page.screenshot(path=SCREENSHOTS / "airflow-reports.png")
    inside.get_by_role("region", name="Reports", exact=True).get_by_role("link").first.click()
    expect(inside.locator("h1")).to_contain_text("10.0.0.66")


@in_browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_says_who_is_champion_and_what_drifted(
    scene: Scene, open_page: Callable[..., Page], width: int
) -> None:
    page = open_page(width)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{scene.ui.url}/devo-dga/dags/{DAG}/reports")
    models = page.get_by_role("region", name="Models").locator("tbody tr")
    first, second = (row.inner_text().split() for row in models.all()[:2])
    assert first[:2] == [CHAMPION, "champion"]
    assert {"93.4", "0.98", "0.831", "passed", "lasting,"} <= set(first)
    assert second[:2] == [CHALLENGER, "challenger"]
    assert {"94.1", "2.17", "refused", "not", "watched"} <= set(second)
    features = page.get_by_role("region", name="Drift by feature").locator("tbody tr")
    assert features.count() == 10
    assert "digit_share" in features.first.inner_text()
    windows = page.get_by_role("region", name="Drift by window").locator("tbody tr")
    assert "alarm" in windows.first.inner_text()
    assert page.locator(".trend svg rect").count() == page.locator("th a[href^=reports]").count() == 34
    assert page.locator("script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert all(table.locator("caption").count() == 1 for table in page.locator("table").all())
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate(CONTRAST) == []
        page.screenshot(path=SCREENSHOTS / f"airflow-overview-{width}-{scheme}.png")
    page.emulate_media(color_scheme="light")
    page.screenshot(path=SCREENSHOTS / f"airflow-overview-{width}-whole.png", full_page=True)
    assert {urlsplit(url).path for url in asked} == {f"/devo-dga/dags/{DAG}/reports"}
    assert said == []


@in_browser
def test_without_a_report_the_page_says_what_to_do_next(scene: Scene, open_page: Callable[..., Page]) -> None:
    page = open_page(390)
    page.goto(f"{scene.ui.url}/devo-dga/dags/dga_smoke/reports")
    assert page.locator("h1").inner_text() == "There are no reports yet."
    assert page.locator("ol li").count() == 3
    # whoever may see this Dag is not told of another one's models
    assert CHAMPION not in page.content()
    page.screenshot(path=SCREENSHOTS / "airflow-empty-390.png", full_page=True)


@in_browser
@pytest.mark.parametrize("tab", ["run", "task", "navigation"])
def test_who_is_not_logged_in_is_sent_to_the_login(browser: Browser, scene: Scene, tab: str) -> None:
    address = {
        "run": f"{scene.run}/plugin/dga-report",
        "task": f"{scene.run}/tasks/report/plugin/dga-report-of-task",
        "navigation": f"{scene.ui.url}{REPORTS_TAB}",
    }[tab]
    page = new_page(browser)
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks it
    page.goto(address)
    expect(page.locator("input[name=password]")).to_be_visible(timeout=PATIENCE)
    assert urlsplit(page.url).path == "/auth/login"
    assert [answer.url for answer in answers if "/devo-dga/" in answer.url and answer.ok] == []
    assert "10.0.0.66" not in page.content()
    page.context.close()


def test_every_endpoint_refuses_who_has_no_right(scene: Scene) -> None:
    from airflow_provider_devo_dga.plugins.pages import pages

    endpoints = scene.endpoints()
    assert endpoints.keys() == {route.path for route in pages().routes}, "an endpoint is not tried here"
    for path in endpoints.values():
        answers = {user: scene.ask(path, user) for user in (None, "outsider", "narrow", "analyst", "boss")}
        statuses = {user: answer.status_code for user, answer in answers.items()}
        assert statuses == {None: 401, "outsider": 403, "narrow": 403, "analyst": 200, "boss": 200}, path
        for user in (None, "outsider", "narrow"):
            assert answers[user].headers["Content-Type"] == "application/json"
            assert answers[user].json().keys() == {"detail"}
    # the right is asked for Dag by Dag
    assert scene.ask("/dags/dga_smoke/reports", "narrow").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        f"/devo-dga/dags/{DAG}/reports/..",
        f"/devo-dga/dags/{DAG}/reports/../../../../report.html",
        f"/devo-dga/dags/{DAG}/reports/..%2f..%2freport.html",
        f"/devo-dga/dags/{DAG}/reports/%2e%2e%2f%2e%2e",
        f"/devo-dga/dags/{DAG}/reports/..%5c..%5creport.html",
        f"/devo-dga/dags/{DAG}/reports/%00",
        f"/devo-dga/dags/{DAG}/reports/drift",
        "/devo-dga/dags/..%2f..%2f..%2fetc%2fpasswd/reports",
        "/devo-dga/dags/%2e%2e/reports/%2e%2e",
        f"/devo-dga/run?dag_id={DAG}&run_id=..%2f..%2freport.html",
    ],
)
def test_no_path_leads_out_of_the_folder(scene: Scene, path: str) -> None:
    # requests and browsers would tidy the path before they send it
    address = urlsplit(scene.ui.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Bearer {scene.ui.token('boss')}"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status < 500
    assert SECRET not in text
    assert "root:" not in text
    assert "10.0.0.66" not in text
