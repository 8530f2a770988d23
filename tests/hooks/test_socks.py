"""Every call by way of a SOCKS5 proxy; without the client's package for it, the error names the extra."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import pytest

from airflow_provider_devo_dga.errors import DevoDgaError
from tests.hooks.raw_server import RawServer, reply
from tests.hooks.socks_server import SocksServer
from tests.hooks.ways import CALLS, EVERY_CALL, LOGIN, SECRET, asked, is_permanent
from tests.needs import SOCKS

PACKAGES = {"H2O": "socks", "MLflow": "socks"}
"""By which requests speaks SOCKS, where it makes the call; all else is httpx."""


def has_package(call: str) -> bool:
    return find_spec(PACKAGES.get(call, "socksio")) is not None


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawServer]:
    answer = reply(b'{"experiments": []}', "Content-Type: application/json")
    with RawServer(lambda connection, _: connection.sendall(answer), tmp_path_factory.mktemp("ca")) as server:
        yield server


@pytest.fixture
def lead(define: Any, served: RawServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    def by(scheme: str, proxy: SocksServer, login: str = "") -> None:
        # of a name that only the proxy knows nobody can ask directly
        define("devo.example", 8443, verify=False)
        served.requests.clear()
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://{login}127.0.0.1:{proxy.port}")

    return by


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("call", EVERY_CALL)
def test_a_proxy_of_socks_leads_to_the_server(lead: Any, served: RawServer, scheme: str, call: str) -> None:
    if not has_package(call):
        pytest.skip(SOCKS)
    with SocksServer(served.port, ("user", LOGIN)) as proxy:
        lead(scheme, proxy, f"user:{LOGIN}@")
        with suppress(DevoDgaError):
            CALLS[call]()
        # the proxy looks names up, of whichever scheme
        assert set(proxy.asked) == {("devo.example", 8443)}
    assert served.requests
    assert all(LOGIN.encode() not in request for request in served.requests)


@pytest.mark.parametrize("call", EVERY_CALL)
def test_a_login_that_it_does_not_know_is_an_error_without_the_login(
    lead: Any, served: RawServer, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    if not has_package(call):
        pytest.skip(SOCKS)
    caplog.set_level("DEBUG")
    with SocksServer(served.port, ("user", SECRET)) as proxy:
        lead("socks5h", proxy, f"user:{LOGIN}@")
        error, _ = asked(call)
        assert proxy.asked == []
    assert LOGIN not in f"{error}{caplog.text}"
    assert served.requests == []


@pytest.mark.parametrize("call", EVERY_CALL)
def test_without_the_package_the_error_names_the_extra(
    lead: Any, served: RawServer, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr("airflow_provider_devo_dga.devo_api.transport.find_spec", lambda _: None)
    with SocksServer(served.port) as proxy:
        lead("socks5", proxy, f"user:{LOGIN}@")
        error, _ = asked(call)
        assert proxy.asked == []
    text = str(error)
    assert is_permanent(error)
    assert "[socks]'" in text
    assert "ALL_PROXY" in text
    assert LOGIN not in text
