"""The plugin in Airflow's own UI, in a real browser: what one sees.

Pictures are left in ``build/screenshots``, to be looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.plugins.airflow_scene import PATIENCE, REPORTS_TAB, Scene, frame, in_browser
from tests.plugins.stored_reports import CHALLENGER, CHAMPION, DAG
from tests.reports.page.test_in_chromium import CONTRAST, SCREENSHOTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


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
def test_a_report_leads_to_the_hour_before_to_all_to_its_model_and_back(
    scene: Scene, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    page.goto(f"{scene.run}/plugin/dga-report")
    inside = frame(page)
    title = inside.locator("h1")
    expect(title).to_contain_text("10.0.0.66", timeout=PATIENCE)
    inside.get_by_role("link", name="← 01-06 12:00").click()
    expect(title).to_contain_text("No client stands out")
    inside.get_by_role("link", name="01-06 13:00 →").click()
    expect(title).to_contain_text("10.0.0.66")
    inside.get_by_role("link", name=f"Model {CHAMPION}").click()
    expect(title).to_have_text(f"Model card of {CHAMPION}")
    inside.get_by_role("link", name="← All reports").click()
    expect(title).to_have_text("1 client is almost certainly infected.")
    inside.get_by_role("link", name="Open this report").click()
    expect(title).to_contain_text("10.0.0.66")
    with page.expect_download() as download:
        inside.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == f"{scene.slug}.csv"


@in_browser
@pytest.mark.parametrize(("theme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 27)")])
def test_the_theme_of_airflow_is_followed(
    scene: Scene, open_page: Callable[..., Page], theme: str, paper: str
) -> None:
    # as a person's browser has it: an emulated scheme would win over that of the page around
    page = open_page(scheme="null")
    page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    page.goto(f"{scene.ui.url}{REPORTS_TAB}")
    expect(frame(page).locator("h1")).to_contain_text("1 client", timeout=PATIENCE)
    page.screenshot(path=SCREENSHOTS / f"airflow-theme-{theme}.png")
    assert frame(page).locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == paper


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
