from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.reports.evidence.domain_lists import DomainLists, domains_of, read_domains
from airflow_provider_devo_dga.reports.evidence.summary import summarise
from airflow_provider_devo_dga.reports.page.html import render
from tests.reports.page.test_html import Page


def test_a_file_has_one_domain_a_line(tmp_path: Path) -> None:
    file = tmp_path / "allow.txt"
    file.write_bytes(b"\xef\xbb\xbf# ours\r\nExample.COM\r\n\r\n  shop.co.uk.  # a shop\nexample.com\n")
    assert read_domains(file) == {"example.com", "shop.co.uk"}


@pytest.mark.parametrize("line", ["localhost", "http://a.com", "a b.com", "*.a.com", "a..com", "bücher.de"])
def test_a_line_that_is_no_domain_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / "watch.txt"
    file.write_text(f"ok.com\n{line}\n", encoding="utf-8")
    with pytest.raises(ReportError, match=r"Line 2 of .*watch\.txt") as caught:
        read_domains(file)
    assert line not in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReportError, match="UTF-8"):
        read_domains(tmp_path / "x")
    with pytest.raises(FileNotFoundError):
        read_domains(tmp_path / "none")


def test_watched_beats_allowed() -> None:
    lists = DomainLists(domains_of(["a.com", "b.com"], "allow"), domains_of(["b.com"], "watch"))
    assert (lists.allows("A.com"), lists.allows("b.com"), lists.allows("c.com")) == (True, False, False)


def test_a_watched_domain_is_on_top_though_the_model_is_silent(hour: Any) -> None:
    for number in range(30):
        hour.add(f"shop{number}.com", ["10.0.0.1"], "0")
    hour.add("Evil.com", ["10.0.0.5", "10.0.0.6"], "0", minute=7)
    summary = summarise(hour.write(), hour.context(), watch=frozenset({"evil.com", "absent.com"}))
    assert (summary.totals.domains_watched, summary.totals.watch_list) == (1, 2)
    assert (summary.totals.domains_flagged, summary.detections) == (0, ())
    assert [(found.reg_domain, found.flagged) for found in summary.all_detections()] == [("Evil.com", False)]
    words = Page(render(summary)).words
    assert (
        "Watch-listed domain seen: Evil[.]com, asked for by 10.0.0.5 and 1 other client, since 14:07 UTC."
        in words
    )
    assert "not flagged" in words


def test_a_watched_domain_that_is_flagged_and_allowed_is_told_once(infected: Any) -> None:
    both = frozenset({"xq0zk.ru"})
    summary = summarise(infected.write(), infected.context(), allow=both | {"xq1zk.ru"}, watch=both)
    assert (summary.totals.domains_flagged, summary.totals.domains_allowed) == (40, 1)
    names = [found.reg_domain for found in summary.all_detections()]
    assert len(names) == len(set(names)) == 40
    assert names[0] == "xq0zk.ru"
    words = Page(render(summary)).words
    assert "10.0.0.9 is almost certainly infected" in words
    assert "1 watch-listed domain was seen, too." in words
