"""Columns of hosts are split as single hosts are."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_devo_dga.features.host import split_host
from airflow_provider_devo_dga.features.host_columns import split_hosts
from airflow_provider_devo_dga.features.suffix_policy import customers_suffixes
from tests.examples import examples

LONG = "x" * 64
ODD = [
    *(
        "",
        ".",
        "com",
        "co.uk",
        "1.2.3.4",
        "::1",
        "a..b",
        ".a.com",
        "a.com.",
        "a.com..",
        "A.B.CO.UK",
        " a.com ",
    ),
    *("name.bazar", "host.local", "bücher.de", "xn--bcher-kva.de", "foo bar.example.com", "$q.example.com"),
    *("a_b.c-d.com", "a.c_d", "a.--x", "-.com", "1.2", "x.1", "a.b.zz", "q.net.zz", "x.y.z.ck", "www.ck"),
    *(f"{LONG}.com", f"y.{LONG}.com", f"{LONG}.y.com", f"{'a.' * 130}com", "*.example.com"),
]
SUFFIXES = sorted({suffix.replace("*", "any") for suffix in customers_suffixes()})
LABELS = st.sampled_from(["a", "www", "shop7", "x_y", "net", "co", "com", "uk", "é", "a b", ""])


def check(hosts: list[str]) -> None:
    found = split_hosts(pa.array(hosts, pa.string()))
    parts = [split_host(host) for host in hosts]
    assert found.label.to_pylist() == [part and part.label for part in parts]
    assert found.tld.to_pylist() == [part and part.tld for part in parts]


def test_below_every_suffix_of_the_policy() -> None:
    check([f"{before}{suffix}" for suffix in SUFFIXES for before in ("", "a.", "b.a.", "WWW.b.a.")])


def test_what_is_no_host_and_what_only_looks_like_one() -> None:
    check(ODD)
    check([])


@given(st.lists(st.lists(LABELS, max_size=5).map(".".join) | st.sampled_from([*ODD, *SUFFIXES[::50]])))
@settings(max_examples=examples(200))
def test_any_column(hosts: list[str]) -> None:
    check(hosts)
