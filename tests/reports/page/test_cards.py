"""What a page tells of each client that stands out, and of names that many ask for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_devo_dga.reports.evidence.client_names import (
    CLIENTS_SHOWN,
    LEAST_NAMES,
    MOST_NAMES,
    ClientName,
    ClientNames,
)
from airflow_provider_devo_dga.reports.page.client_card import OPEN
from airflow_provider_devo_dga.reports.page.html import render
from tests.reports.page.test_html import SOURCE, TAGS, Page


def test_each_client_that_stands_out_shows_names_of_its_own(hour: Any) -> None:
    for client in range(6):
        for number in range(60):
            hour.add(f"q{client}x{number}z.ru", [f"10.0.0.{client}"], minute=client)
    for number in range(60):
        hour.add(f"shop{number}.com", [f"10.1.0.{client}" for client in range(40)], "0")
    html = render(hour.summary(hosts=SOURCE))
    cards = re.split('id="client-', html[: html.index('id="clients"')])[1:]
    assert len(cards) == 6
    for client, card in enumerate(cards):
        shown = set(re.findall(r"q([0-9])x[0-9]+z\[[.]\]ru", card))
        assert shown == {str(client)}
        assert len(re.findall('<th scope="row"', card)) == MOST_NAMES
        assert f"where str(srcIp) = &#34;10.0.0.{client}&#34;" in card
        assert "What to do next" in card
    assert html.count('<details class="card infected">') == 6 - OPEN


def test_a_share_is_fair_when_many_clients_stand_out(hour: Any) -> None:
    names = ClientNames([f"c{number}" for number in range(CLIENTS_SHOWN + 50)])
    hour.add("xq.ru", ["c0"])
    [found] = hour.summary().detections
    for number in range(50):
        name = ClientName(replace(found, reg_domain=f"x{number}.ru"), None)
        names.add([f"c{number}" for number in range(CLIENTS_SHOWN + 50)], name)
    assert {client: len(kept) for client, kept in names.strongest().items()} == {
        f"c{number}": LEAST_NAMES for number in range(CLIENTS_SHOWN)
    }


def test_the_strongest_names_have_no_answer_are_new_and_are_nobody_elses(hour: Any) -> None:
    hour.add("xq.ru", ["c"])
    [found] = hour.summary().detections
    names = ClientNames(["c"])
    for label, new, changes in (
        ("widely-asked", True, {"clients_n": 9}),
        ("known-before", False, {}),
        ("scored-less", True, {"score": 0.9}),
        ("scored-more", True, {"score": 0.95}),
        ("unanswered", False, {"no_answer": True, "clients_n": 9}),
    ):
        names.add(["c"], ClientName(replace(found, reg_domain=label, **changes), new))
    assert [name.detection.reg_domain for name in names.strongest()["c"]] == [
        "unanswered",
        "scored-more",
        "scored-less",
        "widely-asked",
        "known-before",
    ]


@pytest.mark.parametrize("client", ["line\nbreak", "a\u202eb"])
def test_a_client_that_cannot_be_seen_has_no_query(hour: Any, client: str) -> None:
    for number in range(20):
        hour.add(f"xq{number}.ru", [client])
    page = Page(render(hour.summary(hosts=SOURCE)))
    assert "has characters that no query can hold" in page.words
    assert "pre" not in page.tags


def test_a_query_cannot_become_markup_nor_leave_its_string(hour: Any) -> None:
    for number in range(20):
        hour.add(f'"or{number}"</pre><b>.ru', ['x" or true </pre><script>'])
    page = Page(render(hour.summary(hosts=SOURCE)))
    assert page.tags <= TAGS
    assert 'where str(srcIp) = "x\\" or true </pre><script>"' in page.words


def test_names_that_many_ask_for_are_candidates_unless_these_stand_out(infected: Any) -> None:
    for name in ("popular.com", "popul\u200bar.com"):
        infected.add(name, [f"10.1.0.{client}" for client in range(12)])
    loud = [f"10.7.0.{client}" for client in range(12)]
    for number in range(30):
        infected.add(f"zq{number}x.ru", loud)
    html = render(infected.summary())
    shown = html[html.index('id="wide"') :]
    rows = re.findall('<th scope="row".*?</tr>', shown[: shown.index("</table>")], re.DOTALL)
    assert [("candidate" in row, "outbreak" in row) for row in rows if "popul" in row] == [(True, False)] * 2
    assert all("outbreak" in row for row in rows if "zq" in row)
    listed = re.search('<pre class="copy"[^>]*>(.*?)</pre>', shown, re.DOTALL)
    assert listed is not None
    assert listed[1].split() == ["popular.com"]
