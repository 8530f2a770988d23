"""The variables of the environment name a proxy, or that there is none."""

from __future__ import annotations

import pytest

from airflow_provider_devo_dga.devo_api.proxy import Proxy, is_loopback, proxy_for
from airflow_provider_devo_dga.errors import DevoConnectionConfigError

DEVO = "https://apiv2-us.devo.com/search/query"
PROXY = {"HTTPS_PROXY": "http://proxy.example:3128"}


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, "http://proxy.example:3128"),
        ({"https_proxy": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2"}, "http://a:1"),
        ({"ALL_PROXY": "socks5h://proxy.example"}, "socks5h://proxy.example:1080"),
        ({"all_proxy": "socks5://[fd00::1]:1081"}, "socks5h://[fd00::1]:1081"),
        ({"HTTPS_PROXY": "http://a:1", "all_proxy": "http://b:2"}, "http://a:1"),
        ({"HTTPS_PROXY": "https://user:p%40ss@proxy.example"}, "https://user:p%40ss@proxy.example:443"),
        ({"HTTPS_PROXY": " ", "ALL_PROXY": "http://b:2"}, "http://b:2"),
        ({"HTTP_PROXY": "http://a:1"}, None),
        ({}, None),
    ],
)
def test_a_proxy_is_named_by_scheme_then_by_all(environ: dict[str, str], url: str | None) -> None:
    found = proxy_for(DEVO, environ)
    assert (found.url if found else None) == url


@pytest.mark.parametrize(
    ("listed", "host", "direct"),
    [
        ("*", "devo.com", True),
        ("devo.com", "apiv2-us.devo.com", True),
        (".devo.com", "apiv2-us.devo.com", True),
        ("*.devo.com", "apiv2-us.devo.com", True),
        ("DEVO.com.", "apiv2-us.devo.com", True),
        ("vo.com", "apiv2-us.devo.com", False),
        ("devo.com:443", "apiv2-us.devo.com", True),
        ("devo.com:8443", "apiv2-us.devo.com", False),
        ("devo.com:8443", "apiv2-us.devo.com:8443", True),
        ("devo.com:http", "apiv2-us.devo.com", False),
        ("a.example, devo.com", "devo.com", True),
        ("a.example devo.com", "devo.com", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3:443", "10.1.2.3", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.1.2.3/8", "10.9.9.9", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/99", "10.1.2.3", False),
        ("fd00::/8", "10.1.2.3", False),
        ("fd00::/8", "[fd12::1]", True),
        ("[fd00::]/8", "[fd12::1]", True),
        ("fd12::1", "[fd12::1]", True),
        ("[fd12::1]", "[fd12::1]", True),
        ("[fd12::1]:443", "[fd12::1]", True),
        ("[fd12::1]:8443", "[fd12::1]", False),
        ("fd00::/8,::1,%%%,[,],:,/", "devo.com", False),
        ("", "devo.com", False),
    ],
)
def test_what_no_proxy_lists_is_asked_directly(listed: str, host: str, direct: bool) -> None:
    for variable in ("NO_PROXY", "no_proxy"):
        found = proxy_for(f"https://{host}/search/query", PROXY | {variable: listed})
        assert (found is None) is direct


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_loopback_is_never_asked_by_way_of_a_proxy(host: str) -> None:
    assert is_loopback(host)
    assert proxy_for(f"https://{host}:8443/", PROXY) is None


@pytest.mark.parametrize("host", ["localhost.example", "128.0.0.1", "[fd00::1]", "", "127.0.0.1.example"])
def test_other_hosts_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "value",
    ["http://", "ftp://proxy:1", "http://user:secret@proxy:99999", "http://proxy:no", "http://[::1", "://"],
)
def test_a_wrong_address_is_refused_by_the_name_of_its_variable(value: str) -> None:
    with pytest.raises(DevoConnectionConfigError, match="HTTPS_PROXY") as refused:
        proxy_for(DEVO, {"HTTPS_PROXY": value})
    assert "secret" not in str(refused.value)
    assert proxy_for(DEVO, {"HTTPS_PROXY": value, "NO_PROXY": "devo.com"}) is None


def test_nothing_shows_its_password() -> None:
    proxy = Proxy("http://user:secret@proxy.example:3128", "HTTPS_PROXY")
    assert "secret" not in f"{proxy} {proxy!r}"
    assert str(proxy) == "the proxy proxy.example:3128 of HTTPS_PROXY"
