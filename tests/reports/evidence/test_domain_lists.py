"""Lists mean what they say, or are refused by the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from airflow_provider_devo_dga.errors import ReportError
from airflow_provider_devo_dga.reports.evidence.client_evidence import Verdict
from airflow_provider_devo_dga.reports.evidence.client_list import clients_of, read_clients
from airflow_provider_devo_dga.reports.evidence.domain_lists import (
    DomainList,
    DomainLists,
    domains_of,
    read_domains,
)
from airflow_provider_devo_dga.reports.evidence.summary import summarise
from airflow_provider_devo_dga.reports.page.html import render
from tests.reports.page.test_html import Page


def listed(*names: str) -> DomainList:
    return domains_of(names, "a list")


def test_a_file_has_one_domain_a_line(tmp_path: Path) -> None:
    file = tmp_path / "allow.txt"
    file.write_bytes(b"\xef\xbb\xbf# ours\r\nExample.COM\r\n\r\n  shop.co.uk.  # a shop\nexample.com\n")
    assert read_domains(file) == DomainList(frozenset({"example.com", "shop.co.uk"}))


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ("example.com", "domains"),
        ("cloudfront.net", "domains"),
        (".cloudfront.net", "domains"),
        ("*.example.com", "domains"),
        ("name.mooo.com", "domains"),
        (".co.uk", "suffixes"),
        (".mooo.com", "suffixes"),
        (".top", "suffixes"),
        ("customers.example.com", "hosts"),
        ("d1f8.cloudfront.net", "hosts"),
        (".customers.example.com", "below"),
        ("https://user@www.example.com:8443/a?b", "hosts"),
        ("hxxp://example[.]com/x", "domains"),
        ("example.com:443", "domains"),
        ("example.com/path", "domains"),
        ("192.0.2.7:8080", "addresses"),
        ("http://192.0.2.7/x", "addresses"),
        ("http://[2001:db8::7]:80/x", "addresses"),
    ],
)
def test_an_entry_of_a_watch_list_has_its_kind(entry: str, kind: str) -> None:
    found = domains_of([entry], "watch", hosts=True)
    assert [name for name in DomainList.__slots__ if getattr(found, name)] == [kind]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("192.0.2.7", "is an address"),
        ("2001:db8::7", "is an address"),
        ("co.uk", "is a suffix.*write .co.uk for all"),
        ("mooo.com", "is a suffix"),
        ("com", "is a suffix"),
        ("printer.lan", "no known top-level domain"),
        ("wallet.bit", "alternative root: .* as a whole, .bit"),
        ("localhost", "no known top-level domain"),
        ("a b.com", "is no domain"),
        ("a..com", "is no domain"),
        ("bücher.de", "is no domain"),
        ("root:x:0:0::/root:/bin/sh", "is no domain"),
        (".", "is no domain"),
        ("*", "is no domain"),
    ],
)
@pytest.mark.parametrize("hosts", [True, False])
def test_an_entry_that_can_never_match_is_named(entry: str, why: str, hosts: bool) -> None:
    with pytest.raises(ReportError, match=rf"Entry 2 of 'x' .*{why}"):
        domains_of(["ok.com", entry], "'x'", hosts=hosts)


def test_an_allow_list_refuses_what_is_below_the_domain_that_is_judged() -> None:
    with pytest.raises(
        ReportError, match=r"Entry 1 of a list 'd1\.cloudfront\.net' is below cloudfront\.net"
    ):
        listed("d1.cloudfront.net")


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        ("192.0.2.7", True),
        ("co.uk", True),
        ("hunter2!", False),
        ("s3cret.Pass", False),
        ("root:x:0:0", False),
    ],
)
def test_a_line_of_a_file_is_quoted_only_when_it_is_a_name_or_an_address(
    tmp_path: Path, line: str, quoted: bool
) -> None:
    file = tmp_path / "watch.txt"
    file.write_text(f"neighbour.com\n{line}\nnext.com\n", encoding="utf-8")
    with pytest.raises(ReportError, match=r"Line 2 of .*watch\.txt") as caught:
        read_domains(file)
    assert (line in str(caught.value)) is quoted
    assert "neighbour" not in str(caught.value)


def test_a_feed_says_how_many_entries_of_which_kind_it_has(tmp_path: Path) -> None:
    file = tmp_path / "feed.txt"
    file.write_text("# feed\nevil.com\nx.evil.com\n.top\nhttp://bad.net/x.exe\n192.0.2.7:8080\n\n")
    found = read_domains(file, hosts=True)
    assert str(found) == "2 domains, 1 suffixes, 1 hosts; 1 addresses not used"
    assert len(found) == 4


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReportError, match="UTF-8"):
        read_domains(tmp_path / "x")
    with pytest.raises(FileNotFoundError):
        read_domains(tmp_path / "none")


def test_a_column_is_matched_as_each_name_is() -> None:
    found = listed("Example.com", ".co.uk", ".mooo.com")
    names = ["example.com", "Example.COM", "other.com", "a.co.uk", "b.mooo.com", "notco.uk", "uk"]
    assert found.mask(pa.array(names)).to_pylist() == [name in found for name in names]
    assert [name in found for name in names] == [True, True, False, True, True, False, False]


def test_watched_beats_allowed() -> None:
    lists = DomainLists(listed("a.com", "b.com"), listed("b.com"))
    assert (lists.allows("A.com"), lists.allows("b.com"), lists.allows("c.com")) == (True, False, False)


def test_a_watched_domain_is_on_top_though_the_model_is_silent(hour: Any) -> None:
    for number in range(30):
        hour.add(f"shop{number}.com", ["10.0.0.1"], "0")
    hour.add("Evil.com", ["10.0.0.5", "10.0.0.6"], "0", minute=7)
    lists = DomainLists(watch=listed("evil.com", "absent.com"))
    summary = summarise(hour.write(), hour.context(), lists=lists)
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
    lists = DomainLists(listed("xq0zk.ru", "xq1zk.ru"), listed("xq0zk.ru"))
    summary = summarise(infected.write(), infected.context(), lists=lists)
    assert (summary.totals.domains_flagged, summary.totals.domains_allowed) == (40, 1)
    names = [found.reg_domain for found in summary.all_detections()]
    assert len(names) == len(set(names)) == 40
    assert names[0] == "xq0zk.ru"
    words = Page(render(summary)).words
    assert "10.0.0.9 is almost certainly infected" in words
    assert "1 watch-listed domain was seen, too." in words


def test_a_listed_client_is_shown_and_raises_no_alarm(infected: Any, tmp_path: Path) -> None:
    (tmp_path / "roles.txt").write_text("10.0.0.8/31  # sinkholes\n2001:db8::/32\n")
    lists = DomainLists(no_alarm=read_clients(tmp_path / "roles.txt"))
    summary = summarise(infected.write(), infected.context(), lists=lists)
    totals = summary.totals
    assert (totals.clients_infected, totals.clients_with_evidence, totals.clients_no_alarm) == (0, 0, 1)
    shown = {client.client: client for client in summary.clients}["10.0.0.9"]
    assert (shown.verdict, shown.flagged) == (Verdict.NO_ALARM, 40)
    assert {found.verdict for found in summary.detections if "10.0.0.9" in found.clients} == {
        Verdict.NO_ALARM
    }
    words = Page(render(summary)).words
    assert "No client stands out." in words
    assert "no alarm, as listed" in words


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "10.0.0.300", "scanner.example.com", "10.0.0.0/33", "/etc"])
def test_a_list_of_clients_holds_addresses_and_networks(tmp_path: Path, entry: str) -> None:
    with pytest.raises(ReportError, match=r"Entry 1 of 'no_alarm' .* is no address such as"):
        clients_of([entry], "'no_alarm'")
    (tmp_path / "roles.txt").write_text(entry)
    with pytest.raises(ReportError, match=r"Line 1 of .*roles\.txt is no address such as"):
        read_clients(tmp_path / "roles.txt")
