from __future__ import annotations

import pytest

from airflow_provider_devo_dga.devo_api.access import QUERY_PATH, service_url
from airflow_provider_devo_dga.errors import DevoConnectionConfigError


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("apiv2-us.devo.com", None, "https://apiv2-us.devo.com/search/query"),
        ("https://apiv2-us.devo.com/", None, "https://apiv2-us.devo.com/search/query"),
        ("https://apiv2-us.devo.com/search/query/", None, "https://apiv2-us.devo.com/search/query"),
        ("127.0.0.1", 8443, "https://127.0.0.1:8443/search/query"),
        ("127.0.0.1:9000/proxy/search/query", 8443, "https://127.0.0.1:9000/proxy/search/query"),
        ("[::1]:8443", None, "https://[::1]:8443/search/query"),
        ("::1", 8443, "https://[::1]:8443/search/query"),
        ("HTTPS://[2001:DB8::1]/", None, "https://[2001:db8::1]/search/query"),
    ],
)
def test_hosts_become_addresses(host: str, port: int | None, url: str) -> None:
    assert service_url(host, port, default_path=QUERY_PATH) == url


@pytest.mark.parametrize(
    "host",
    [
        *("", None, "  ", "http://apiv2-us.devo.com", "ftp://x", "https://:443", "h:port", "h:70000", "h:-1"),
        *(
            "https://",
            "//h",
            "h/a b",
            "two words",
            "a\nb",
            "h\t.example",
            "[::1",
            "::1]",
            "[h]",
            "1:2:3",
            "h\\x",
        ),
        *("h?a=b", "h#a", "@h", "a@h", "https://h@:443", "h%2fx", "h,i", "<h>", "https:h", "https:/h"),
    ],
)
def test_what_cannot_be_used_is_refused(host: str | None) -> None:
    with pytest.raises(DevoConnectionConfigError):
        service_url(host, None, default_path=QUERY_PATH)


def test_credentials_in_the_host_are_refused_and_not_repeated() -> None:
    with pytest.raises(DevoConnectionConfigError) as caught:
        service_url("https://user:hunter2@devo.example", None, default_path=QUERY_PATH)
    assert "hunter2" not in str(caught.value)
