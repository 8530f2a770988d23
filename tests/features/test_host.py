"""Host to registrable domain, label and TLD."""

from __future__ import annotations

import pytest

from airflow_provider_devo_dga.features.host import HostParts, split_host


@pytest.mark.parametrize(
    ("host", "registrable", "label", "tld"),
    [
        ("example.com", "example.com", "example", "com"),
        ("WWW.Example.COM", "example.com", "example", "com"),
        ("www.example.co.uk", "example.co.uk", "example", "uk"),
        ("example.com.", "example.com", "example", "com"),
        (" example.com ", "example.com", "example", "com"),
        ("a.b.c.d.example.org", "example.org", "example", "org"),
        ("000directory.com.ar", "000directory.com.ar", "000directory", "ar"),
        ("xn--bcher-kva.de", "xn--bcher-kva.de", "xn--bcher-kva", "de"),
        ("my_host.net", "my_host.net", "my_host", "net"),
        ("a.de", "a.de", "a", "de"),
        ("12345.ru", "12345.ru", "12345", "ru"),
        ("customer.dyndns.org", "customer.dyndns.org", "customer", "org"),
        ("someone.github.io", "github.io", "github", "io"),
        ("x.www.ck", "x.www.ck", "x", "ck"),
        (f"{'a' * 63}.com", f"{'a' * 63}.com", "a" * 63, "com"),
    ],
)
def test_parts(host: str, registrable: str, label: str, tld: str) -> None:
    assert split_host(host) == HostParts(registrable=registrable, label=label, tld=tld)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        " ",
        "localhost",
        "com",
        "co.uk",
        "dyndns.org",
        "192.168.0.1",
        "8.8.8.8",
        "::1",
        "[2001:db8::1]",
        "router.lan",
        "expyuzz4wqqyqhjn.onion",
        "7.2.0.192.in-addr.arpa",
        "name.bazar",
        "bücher.de",
        "İstanbul.com",
        "exa mple.com",
        "example.com/path",
        "example.com:8080",
        "exam'ple.com",
        "a..com",
        f"{'a.' * 126}com",
        f"{'a' * 64}.com",
    ],
)
def test_a_host_without_a_label_to_judge_gives_none(host: str) -> None:
    assert split_host(host) is None
