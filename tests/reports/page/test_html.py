from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from airflow_provider_devo_dga.features.linq import HostSource
from airflow_provider_devo_dga.reports.page.html import render

HOSTILE = [
    "<script>alert(1)</script>.com",
    '"><img src=x onerror=alert(1)>.net',
    "' onmouseover='alert(1).org",
    "</style></svg></title><b>.com",
    "a\u202egnp.exe\u200f.com",
    "line\nbreak\x00.com",
    "{{ 7 * 7 }}.com",
    ".".join(["q" * 63, "w" * 63, "e" * 63, "r" * 57, "com"]),
]
TAGS = frozenset(
    re.findall(
        r"\S+",
        """
        html head meta title style body main footer section article div h1 h2 h3 h4 p span dl dt dd ul ol li
        strong em bdi table caption thead tbody tr th td figure figcaption small svg g path rect text line
        details summary pre a nav
        """,
    )
)
ATTRIBUTES = frozenset(
    re.findall(
        r"\S+",
        """
        lang charset http-equiv content name class id href aria-labelledby aria-label aria-hidden
        aria-roledescription role tabindex scope xmlns xmlns:xlink version width height viewbox transform
        d fill stroke stroke-width stroke-miterlimit stroke-dasharray stroke-opacity fill-opacity opacity
        display x x1 x2 y y1 y2 text-anchor font-family font-size font-weight pointer-events
        """,
    )
)
VOID = {"meta"}
LINKS = re.compile(
    r"[.][.]/[0-9]{8}T[0-9]{6}Z_[0-9a-f_s]+/report[.]html|#client-[0-9]+|report[.](csv|ecs[.]ndjson|parquet)"
)
SOURCE = HostSource("firewall.all.traffic", "dstHost", "srcIp", kind="host")


class Page(HTMLParser):
    """Collects what a page is made of and checks that its elements nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.headings: list[int] = []
        self.text: list[str] = []
        self.links: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name == "href"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def test_first_sentence_says_who_how_sure_and_since_when(infected: Any) -> None:
    words = Page(render(infected.summary())).words
    assert "10.0.0.9 is almost certainly infected, since 14:07 UTC." in words
    assert "asked for 50 domains; 40 of them were flagged, where chance explains 0.3" in words
    assert "If all 21 clients were clean" in words
    assert "less than 1 in a trillion" in words
    assert "T1568.002" in words


def test_several_infected_clients(infected: Any) -> None:
    for client in range(4):
        for number in range(20):
            infected.add(f"zz{client}x{number}.info", [f"10.5.0.{client}"], minute=20)
    words = Page(render(infected.summary())).words
    assert "5 clients (10.0.0.9, 10.5.0.0, 10.5.0.1 and 2 more) are almost certainly infected" in words


def test_suspicious_client(hour: Any) -> None:
    for number in range(4):
        hour.add(f"xq{number}.ru", ["10.0.0.9"], minute=0.2)
    words = Page(render(hour.summary())).words
    assert "but 10.0.0.9 looks suspicious, since 14:00 UTC or earlier." in words


def test_flags_that_chance_explains(infected: Any) -> None:
    infected.rows = [row for row in infected.rows if row["client_ips"] != ["10.0.0.9"]]
    assert "No client stands out." in Page(render(infected.summary())).words


def test_no_detections(hour: Any) -> None:
    hour.add("shop.com", ["10.0.0.1"], "0")
    page = Page(render(hour.summary()))
    assert "No sign of infection: no domain was flagged." in page.words
    assert "svg" not in page.tags


def test_silence_of_the_model_is_no_all_clear(hour: Any) -> None:
    for number in range(1000):
        hour.add(f"shop{number}.com", ["10.0.0.1"], "0")
    words = Page(render(hour.summary())).words
    assert "No domain was flagged, fewer than chance alone would." in words
    assert "Check that the model still answers" in words


def test_too_many_infected_clients_cast_doubt(hour: Any) -> None:
    for number in range(20):
        hour.add(f"shop{number}.com", [f"10.0.0.{client}" for client in range(12)])
    words = Page(render(hour.summary())).words
    assert "12 clients (10.0.0.0, 10.0.0.1, 10.0.0.10 and 9 more) are almost certainly infected" in words
    assert "More than half of all clients stand out" in words


def test_when_many_clients_are_all_alike_the_model_is_doubted(hour: Any) -> None:
    for number in range(20):
        hour.add(f"shop{number}.com", [f"10.0.0.{client}" for client in range(60)])
    words = Page(render(hour.summary())).words
    assert "No client stands out among the others, but all have many flagged domains." in words
    assert "times as often here as in training: this traffic differs" in words


def test_flagged_domains_that_no_client_asked_for(hour: Any) -> None:
    hour.add("xq.ru", None)
    words = Page(render(hour.summary())).words
    assert "No client stands out." in words
    assert "unknown" in words


def test_events_outside_the_window_do_not_break_the_page(hour: Any) -> None:
    hour.add("early.ru", ["c"], minute=-1)
    hour.add("late.ru", ["c"], minute=61)
    assert "late[.]ru" in Page(render(hour.summary())).words


def test_zero_rows(hour: Any) -> None:
    words = Page(render(hour.summary(events_in_window=12, events_without_host=12))).words
    assert "No events with a host were seen in this hour." in words
    assert "The table holds 12 events of this hour." in words
    assert "not the same as all clear" in words
    # nobody was seen, so nobody differs from training
    assert (
        "No client was seen, so there is no rate of clean ones here but 1 % that training measured." in words
    )
    assert "as often here as in training" not in words


def test_zero_rows_of_a_longer_window(hour: Any) -> None:
    html = render(hour.summary(window_end=hour.start + timedelta(hours=10)))
    assert "No events with a host were seen in this window." in html
    assert "Tuesday, 24 November 2026, 14:00 to 24:00 UTC" in html


def test_assumed_rate_is_said(infected: Any) -> None:
    words = Page(render(infected.summary(false_positive_rate=None))).words
    assert "The false-positive rate of 1 % is assumed." in words
    assert "1 %, assumed" in words


def test_hostile_text_cannot_become_markup(hour: Any) -> None:
    for number, name in enumerate(HOSTILE):
        hour.add(name, [f"{name}-{number}" for name in HOSTILE], minute=number)
    hour.rows[0]["client_ips"] = [HOSTILE[0]] + hour.rows[0]["client_ips"]
    page = Page(
        render(
            hour.summary(
                hosts=SOURCE,
                table="<i>t</i>",
                model_name='"><b onclick=x>',
                model_version="<u>",
                run_id="</dd><script>",
            )
        )
    )
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert "<script>alert(1)</script>[.]com" in page.words
    assert r"a\u202egnp[.]exe\u200f[.]com" in page.words
    assert r"line\nbreak\u0000[.]com" in page.words
    assert "{{ 7 * 7 }}[.]com" in page.words


def test_invisible_characters_reach_no_part_of_the_page(hour: Any) -> None:
    for number in range(9):
        hour.add(f"x{number}\u202e.com", ["client\u202e\x07"])
    html = render(hour.summary())
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00-\x09\x0b-\x1f\x7f]", html)


def test_nothing_is_loaded_linked_or_run(infected: Any) -> None:
    html = render(infected.summary())
    page = Page(html)
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert [link for link in page.links if not LINKS.fullmatch(link)] == []
    assert "default-src 'none'" in html
    addresses = set(re.findall(r"\bhttps?://[^\"' ]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"url\((?!#)|@import", html)
    assert "xq0zk.ru" not in html
    assert "xq0zk[.]ru" in html


def test_structure_for_readers_and_phones(infected: Any) -> None:
    html = render(infected.summary())
    levels = Page(html).headings
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert '<html lang="en">' in html
    assert 'name="viewport"' in html
    assert html.count("<caption>") == html.count("<table>") == 5
    assert "color-scheme: light dark" in html
    assert "@media print" in html


def test_same_summary_same_page(infected: Any) -> None:
    summary = infected.summary()
    assert render(summary) == render(summary)


def test_long_tables_are_cut_and_say_so(hour: Any) -> None:
    for number in range(205):
        hour.add(f"xq{number}.ru", ["10.0.0.9"])
    page = Page(render(hour.summary()))
    assert "The first 200 of 205 flagged domains" in page.words
    assert "180 further domains" in page.words
    assert {"report.csv", "report.ecs.ndjson", "report.parquet"} <= set(page.links)


@pytest.mark.parametrize(
    ("counted", "words"), [(None, "not counted"), (300, "Events with a host, not scored 70")]
)
def test_completeness(infected: Any, counted: int | None, words: str) -> None:
    summary = infected.summary(events_in_window=counted, events_without_host=10)
    assert words in Page(render(summary)).words
