"""The page as a browser sees it: nothing is fetched, nothing runs, the headline is on the first screen."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from airflow_provider_devo_dga.features.linq import HostSource
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainList, DomainLists
from airflow_provider_devo_dga.reports.evidence.figures import KeyTotals, PastWindow, Trend
from airflow_provider_devo_dga.reports.evidence.reasons import Reasons, explained
from airflow_provider_devo_dga.reports.evidence.summary import ReportSummary, summarise
from airflow_provider_devo_dga.reports.files.files import write_report
from tests.reports.conftest import Hour

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


WORDS = "many digits among its letters, hardly a vowel, five consonants in a row"
SOURCE = HostSource("firewall.all.traffic", "dstHost", "srcIp", kind="host")
SCREENSHOTS = Path(__file__).resolve().parents[3] / "build" / "screenshots"


def quiet(hour: Hour) -> ReportSummary:
    return hour.summary(events_in_window=0, events_without_host=0, late_allowance=0.0)


def normal(hour: Hour) -> ReportSummary:
    chance = random.Random(3)  # noqa: S311
    for number in range(1200):
        clients = [f"10.0.{number % 3}.{client}" for client in chance.sample(range(40), 3)]
        label = "1" if number % 97 == 0 else "0"
        hour.add(f"shop{number}.example", clients, label, minute=number / 20.0)
    for number in range(44):
        name = "".join(chance.choices("bcdfghjklmnpqrstvwxz0123456789", k=chance.randint(14, 16)))
        hour.add(f"{name}.ru", ["10.0.0.66"], "1" if number % 7 else "0", minute=12 + number / 2)
    hour.add("d3xk9popular.example", [f"10.0.1.{client}" for client in range(17)], minute=3)
    lists = DomainLists(DomainList(frozenset({"shop97.example"})), DomainList(frozenset({"shop7.example"})))
    facts = {
        "events_in_window": 3400,
        "events_without_host": 700,
        "events_with_address": 130,
        "events_unknown_suffix": 60,
        "late_allowance": 300.0,
        "threshold": 0.83,
        "model_version": "20261123T030000Z",
        "model_sha256": "ab" * 32,
        "hosts": SOURCE,
    }
    summary = summarise(hour.write(), hour.context(**facts), lists=lists)
    return explained(summary, lambda names: Reasons(dict.fromkeys(names, WORDS)))


def loud(hour: Hour) -> ReportSummary:
    chance = random.Random(4)  # noqa: S311
    for number in range(9000):
        client = f"workstation-{number % 400:04}.branch-office.corp.example"
        label = "1" if chance.random() < (0.6 if number % 400 < 9 else 0.01) else "0"
        hour.add(f"{'long' * 12}{number}q.example", [client], label, minute=number / 150)
    return hour.summary(events_in_window=90_000_000, hosts=SOURCE)


def past(hour: Hour) -> Trend:
    starts = [hour.start - timedelta(hours=back) for back in range(24, 0, -1)]
    return tuple(
        PastWindow(start)
        if number in {5, 6, 17}
        else PastWindow(
            start,
            KeyTotals(
                domains=1200,
                domains_flagged=9 + number * 7 % 11 + (30 if number == 20 else 0),
                domains_expected_false=12.0,
                clients=40,
                clients_infected=int(number == 20),
                clients_suspicious=0,
            ),
        )
        for number, start in enumerate(starts)
    )


@pytest.mark.parametrize("width", [1920, 1440, 1280, 390])
@pytest.mark.parametrize("make", [quiet, normal, loud])
def test_quiet_normal_and_loud_hours_fit_the_screen(
    hour: Hour, tmp_path: Path, make: Callable[[Hour], ReportSummary], width: int
) -> None:
    """The page is as wide as the screen, its text has enough contrast, and the answer is on the first screen.

    Pictures are left in ``build/screenshots``, to be looked at; ``make screenshots`` takes those of the docs.
    """
    file = write_report(make(hour), tmp_path, trend=past(hour)).html
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
            page.goto(file.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            box = page.locator(".answer").bounding_box()
            assert box["y"] + box["height"] < 844
            assert page.evaluate(CONTRAST) == []
            assert page.evaluate(CAPTIONS_CUT) == []
            # a phone scrolls its tables, a desk does not
            assert width < 1000 or page.evaluate(CUT) == []
            page.screenshot(path=SCREENSHOTS / f"{make.__name__}-{width}-{scheme}.png")
            if scheme == "light":
                page.screenshot(path=SCREENSHOTS / f"{make.__name__}-{width}-whole.png", full_page=True)
                top = {"x": 0, "y": 0, "width": width, "height": 1140}
                page.screenshot(
                    path=SCREENSHOTS / f"{make.__name__}-{width}-top.png", full_page=True, clip=top
                )
        browser.close()


@pytest.mark.parametrize("font", ["DejaVu", "Liberation"])
@pytest.mark.parametrize("make", [normal, loud])
def test_nothing_is_cut_on_screen_or_paper_whatever_the_font(
    hour: Hour, tmp_path: Path, make: Callable[[Hour], ReportSummary], font: str
) -> None:
    """Fonts differ by a tenth in width; A4 has 718 pixels between its margins. All folds are open."""
    file = write_report(make(hour), tmp_path, trend=past(hour)).html
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
        for medium, width in (("screen", 1920), ("screen", 1440), ("screen", 1280), ("print", 718)):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.goto(file.as_uri())
            page.emulate_media(media=medium)  # type: ignore[arg-type]
            page.evaluate(SET_FONT, font)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(CUT) == []
        browser.close()


SET_FONT = """font => {
  document.body.style.fontFamily = `${font} Sans`;
  const mono = font === 'DejaVu' ? 'DejaVu Sans Mono' : `${font} Mono`;
  document.querySelectorAll('.name, .copy').forEach(part => { part.style.fontFamily = mono; });
  document.querySelectorAll('details').forEach(fold => { fold.open = true; });
}"""

CUT = """() => [...document.querySelectorAll('.scroll')]
  .filter(region => region.scrollWidth > region.clientWidth)
  .map(region => [region.getAttribute('aria-labelledby'), region.scrollWidth, region.clientWidth])"""

CAPTIONS_CUT = """() => [...document.querySelectorAll('caption span')]
  .filter(text => text.getClientRects().length)
  .filter(text => text.getBoundingClientRect().right
    > text.closest('.scroll').getBoundingClientRect().right + 1)
  .map(text => text.textContent.slice(0, 40))"""

CONTRAST = """() => {
  const light = (c) => c.map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const parts = (text) => text.match(/[0-9.]+/g).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || element.closest('svg')) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color).slice(0, 3)), light(behind(element))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push([element.textContent.slice(0, 40), ratio]);
  }
  return poor;
}"""


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
