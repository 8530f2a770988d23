"""Every type of connection takes the same forms of address."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import Connection

from airflow_provider_devo_dga.errors import DevoConnectionConfigError
from airflow_provider_devo_dga.hooks.connections import (
    DevoSettings,
    ModelManagerAccount,
    events_endpoint,
    h2o_cluster,
    mlflow_server,
)

PEM = "-----BEGIN PRIVATE KEY-----\nMAo=\n-----END PRIVATE KEY-----"
FILES = {"private_key": PEM, "cert": PEM, "chain": PEM}


def collector(connection: Connection) -> str:
    found = events_endpoint(connection)
    return f"{found.host}:{found.port}"


# How each type tells where it leads: its port when nobody names one, and the path that it adds to none.
TYPES: dict[str, tuple[Any, int | None, str]] = {
    "devo": (lambda found: DevoSettings.of(found).url, None, "/search/query"),
    "devo_mlmm": (lambda found: ModelManagerAccount(found, 1.0).url, None, "/mlmodelmanager"),
    "h2o": (lambda found: h2o_cluster(found)["url"], 54321, ""),
    "mlflow": (lambda found: mlflow_server(found)["uri"], None, ""),
    "devo_events": (collector, 443, ""),
}
# What people write, and the host, port and path that they mean.
FORMS: dict[str, tuple[str, int | None, str]] = {
    "api.example.com": ("api.example.com", None, ""),
    "  api.example.com\t": ("api.example.com", None, ""),
    "API.Example.COM": ("api.example.com", None, ""),
    "api.example.com/": ("api.example.com", None, ""),
    "api.example.com:8443": ("api.example.com", 8443, ""),
    "api.example.com:8443/": ("api.example.com", 8443, ""),
    "api.example.com/below/it/": ("api.example.com", None, "/below/it"),
    "https://api.example.com": ("api.example.com", None, ""),
    "HTTPS://API.example.com//": ("api.example.com", None, ""),
    "https://api.example.com:8443/below/": ("api.example.com", 8443, "/below"),
    "127.0.0.1": ("127.0.0.1", None, ""),
    "a_service": ("a_service", None, ""),
    "[2001:db8::1]": ("[2001:db8::1]", None, ""),
    "[2001:DB8::1]:8443": ("[2001:db8::1]", 8443, ""),
    "2001:db8::1": ("[2001:db8::1]", None, ""),
    "https://[::1]:8443/below": ("[::1]", 8443, "/below"),
}


def connection(kind: str, host: str | None, port: int | None = None) -> Connection:
    from json import dumps

    return Connection(
        conn_id="a", conn_type=kind, host=host, port=port, password="word-1", extra=dumps(FILES)
    )


@pytest.mark.parametrize("port", [None, 9000])
@pytest.mark.parametrize("written", FORMS)
@pytest.mark.parametrize("kind", TYPES)
def test_an_address_in_any_form(kind: str, written: str, port: int | None) -> None:
    read, usual, added = TYPES[kind]
    host, named, path = FORMS[written]
    chosen = named or port or usual
    if kind != "devo_events":
        wanted = f"https://{host}{f':{chosen}' if chosen else ''}{path or added}"
        assert read(connection(kind, written, port)) == wanted
    elif "[" in host:
        with pytest.raises(DevoConnectionConfigError, match="knows IPv4 only"):
            read(connection(kind, written, port))
    else:
        assert read(connection(kind, written, port)) == f"{host}:{chosen}"


@pytest.mark.parametrize(
    "host",
    [None, "", " ", "gopher://a", "a b", "https://", "a:port", "a:70000", "u:hush@a", "[::1", "a?b", "a#b"],
)
@pytest.mark.parametrize("kind", TYPES)
def test_no_address_in_any_type(kind: str, host: str | None) -> None:
    with pytest.raises(DevoConnectionConfigError) as caught:
        TYPES[kind][0](connection(kind, host))
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("kind", TYPES)
def test_a_port_that_is_none(kind: str) -> None:
    with pytest.raises(DevoConnectionConfigError, match="port must be from 1 to 65535"):
        TYPES[kind][0](connection(kind, "a", 70_000))


@pytest.mark.parametrize(
    ("schema", "host", "url"),
    [
        (None, "http://a", "http://a:54321"),
        ("", "a", "https://a:54321"),
        ("HTTP", "a", "http://a:54321"),
        ("http", "http://a:1", "http://a:1"),
    ],
)
def test_the_scheme_of_a_cluster(schema: str | None, host: str, url: str) -> None:
    found = Connection(conn_id="a", conn_type="h2o", host=host, schema=schema)
    assert h2o_cluster(found)["url"] == url


def test_two_schemes_of_a_cluster_that_differ() -> None:
    with pytest.raises(DevoConnectionConfigError, match="must be an http address, not https"):
        h2o_cluster(Connection(conn_id="a", conn_type="h2o", host="https://a", schema="http"))
