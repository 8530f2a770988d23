from __future__ import annotations

import re
from collections import Counter

import pytest
from publicsuffixlist import PublicSuffixList

from demo import suffixes
from demo.legit import legit_hosts, top_sites
from demo.text_files import read_lines


@pytest.fixture(scope="module")
def hosts():
    return legit_hosts(5_000, seed=3)


@pytest.fixture(scope="module")
def suffix_list():
    return PublicSuffixList()


def test_hosts_are_registrable_domains_and_unique(hosts, suffix_list):
    assert len(set(hosts)) == len(hosts) == 5_000
    assert [host for host in hosts if suffix_list.privatesuffix(host) != host] == []


def test_hosts_are_ascii(hosts):
    assert [host for host in hosts if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host)] == []


def test_top_sites_come_first_and_with_their_licence(hosts):
    assert tuple(hosts[: len(top_sites())]) == top_sites()
    assert {"google.com", "wikipedia.org"} <= set(top_sites())
    assert "Permission is hereby granted" in "\n".join(read_lines("top_sites.LICENSE"))


def test_few_hosts_are_the_most_popular_ones():
    assert legit_hosts(2, seed=1) == list(top_sites()[:2])


def test_another_seed_composes_others(hosts):
    composed = set(hosts[len(top_sites()) :])
    assert len(composed & set(legit_hosts(5_000, seed=4))) < 1_500


def test_hard_names_are_among_them(hosts):
    labels = [host.split(".")[0] for host in hosts]
    assert sum(not set(label) & set("aeiouy0123456789") for label in labels) > 100
    assert sum(label.isdigit() for label in labels) > 20
    assert sum(len(label) > 18 for label in labels) > 50
    assert sum("-" in label for label in labels) > 150


def test_com_leads_and_countries_follow(hosts):
    shares = Counter(host.split(".", 1)[1] for host in hosts)
    assert 0.45 < shares["com"] / len(hosts) < 0.75
    assert {"co.uk", "com.br", "de", "ru"} <= set(shares)


@pytest.mark.parametrize("weights", [suffixes.GENERIC, suffixes.PROVIDERS, *suffixes.COUNTRY.values()])
def test_suffixes_are_public(weights, suffix_list):
    assert [suffix for suffix in weights if suffix_list.publicsuffix(f"0probe.{suffix}") != suffix] == []
