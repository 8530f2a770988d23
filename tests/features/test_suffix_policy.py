"""Below which suffix a label is judged: the same in Python and LINQ, whatever list a tenant has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import publicsuffixlist
import pytest

from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.host import has_known_top, split_host
from airflow_provider_devo_dga.features.linq import HostSource, scoring_query
from airflow_provider_devo_dga.features.suffix_policy import customers_suffix, data_lines, suffix_pattern
from devo_sandbox.linq.functions.host_names import Suffixes
from devo_sandbox.linq.parse import parse
from devo_sandbox.linq.to_duckdb import compiled
from devo_sandbox.linq.types import BY_NAME
from devo_sandbox.tables import events
from devo_sandbox.tables.tables import Tables

LIST = Path(publicsuffixlist.__file__).with_name("public_suffix_list.dat")


def rules(section: str) -> list[str]:
    """Return the rules of a section of the public suffix list, as hosts below them look."""
    text = LIST.read_text(encoding="utf-8")
    between = text.partition(f"===BEGIN {section}")[2].partition(f"===END {section}")[0]
    kept = (line for line in between.splitlines()[1:] if line.strip() and not line.startswith(("//", "!")))
    return [line.replace("*", "any").encode("idna").decode() for line in kept]


PRIVATE = rules("PRIVATE")
ODD = (
    *(
        "",
        ".",
        "com",
        "co.uk",
        "mooo.com",
        "a..com",
        "a..b.com",
        ".a.com",
        "a.com..",
        "1.2.3.4",
        "[::1]",
        "::1.com",
    ),
    *(f"{'a' * 260}.com", f"{'a' * 64}.com", f"{'a' * 63}.com", f"{'a.' * 125}com", f"{'a.' * 126}com"),
    *(
        "WWW.Example.CO.UK",
        "a.b.MOOO.com.",
        "sub.b~d.com",
        "*.star.com",
        "a/b.c.com",
        "x.com:80",
        "x.c-m",
        "x.9m",
    ),
)


@pytest.mark.parametrize(
    ("host", "judged"),
    [
        ("d1f8f9xcsvx3ha.cloudfront.net", "cloudfront.net"),
        ("cloudfront.net", "cloudfront.net"),
        ("someone.github.io", "github.io"),
        ("a.s3.eu-west-1.amazonaws.com", "amazonaws.com"),
        ("x.elb.amazonaws.com.cn", "amazonaws.com.cn"),
        ("me.blogspot.co.uk", "blogspot.co.uk"),
        ("www.example.co.uk", "example.co.uk"),
        ("www.example.com.br", "example.com.br"),
        ("www.web.de", "web.de"),
        ("example.any.ck", "example.any.ck"),
        ("a.b.mooo.com", "b.mooo.com"),
        ("q.yi.org", "q.yi.org"),
        ("q.dynserv.com", "q.dynserv.com"),
        ("q.ddns.net", "q.ddns.net"),
        ("q.dyndns.org", "q.dyndns.org"),
        ("q.home.dyndns.org", "q.home.dyndns.org"),
        ("q.no-ip.co.uk", "q.no-ip.co.uk"),
        ("q.uk.com", "q.uk.com"),
        ("mooo.com", None),
        ("co.uk", None),
    ],
)
def test_the_providers_label_or_the_customers(host: str, judged: str | None) -> None:
    parts = split_host(host)
    assert (parts and parts.registrable) == judged


def test_below_nine_of_ten_private_suffixes_the_provider_is_judged_and_else_the_customer() -> None:
    providers = 0
    for rule in PRIVATE:
        parts = split_host(f"d1f8f9xcsvx3ha.{rule}")
        assert parts is not None
        beyond = customers_suffix(rule).count(".")
        providers += parts.label != "d1f8f9xcsvx3ha"
        assert parts.registrable.count(".") == beyond + 1, rule
    assert providers > 0.9 * len(PRIVATE)


def test_a_suffix_of_the_policy_has_a_top_level_domain_and_at_most_three_labels() -> None:
    for parent, labels in data_lines("suffixes.txt"):
        assert parent in {"??", "!"} or has_known_top(f"{labels[0]}.{parent}"), parent
        assert parent.count(".") <= 1
        assert all(re.fullmatch(r"[a-z0-9-]+|\*", label) for label in labels), labels


def judged_in_linq(known: Suffixes, hosts: list[str]) -> set[tuple[str, str]]:
    """Return domain and label of each host by the scoring query, as far as it groups."""

    class NoModels:
        def evaluator(self, domain: str, name: str) -> None:
            return None

    query = scoring_query(
        TUTORIAL_FEATURES, HostSource("x", "host", "client", "host"), devo_domain="d", model="m"
    )
    tables = Tables(None, known)
    try:
        schema = {"eventdate": BY_NAME["timestamp"], "host": BY_NAME["str"], "client": BY_NAME["str"]}
        table: Any = tables.create("x", schema)
        lines = (b'{"eventdate": 0, "client": "c", "host": "%s"}' % host.encode() for host in hosts)
        tables.insert("x", events.read(lines, schema))
        plan = compiled(parse(query.partition("\nselect mlevalmodel")[0]), table.columns, NoModels(), 0)
        rows = plan.over(f"SELECT *, rowid AS k FROM {table.sql_name}")  # noqa: S608 - our own name
        return {row[:2] for row in tables.connection.execute(rows).fetchall()}
    finally:
        tables.close()


@pytest.mark.parametrize("known", ["private", "icann", "older"])
def test_linq_judges_as_python_whatever_a_tenants_list_knows(known: Suffixes) -> None:
    below = [f"www.x{number}.{rule}" for number, rule in enumerate([*PRIVATE[::3], *rules("ICANN")[::3]])]
    below += ["key.onion", "7.in-addr.arpa"]
    # a top-level domain that is new or retired is all that may differ; not what is judged below any other
    new = {"web", "hotel", "bd", "kh"} if known == "older" else set()
    hosts = [host for host in (*below, *PRIVATE[::3], *ODD) if host.rpartition(".")[2] not in new]
    expected = {(parts.registrable, parts.label) for host in hosts if (parts := split_host(host))}
    assert judged_in_linq(known, hosts) == expected


def test_the_pattern_adds_five_kilobytes_to_a_query() -> None:
    assert 4_500 < len(suffix_pattern()) < 5_500
