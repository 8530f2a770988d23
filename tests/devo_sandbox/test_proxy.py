"""``devo-sandbox load`` where the environment names a proxy, as ``pip`` needs it in many companies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devo_sandbox.__main__ import main
from tests.proxy_server import ProxyServer

EVENT = b'{"eventdate":1767139200000,"uri":"/by load"}\n'


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Any:
    with ProxyServer(b'{"inserted": 7}') as server:
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.port}")
        yield server


@pytest.fixture
def events(tmp_path: Path) -> str:
    file = tmp_path / "events.ndjson"
    file.write_bytes(EVENT)
    return str(file)


@pytest.mark.parametrize("tls", [True, False])
def test_this_machine_is_reached_without_it(
    proxy: ProxyServer, events: str, fresh: Any, capsys: pytest.CaptureFixture[str], tls: bool
) -> None:
    own = fresh(tls=tls)
    trust = ["--ca-file", own.sandbox.ca_file] if tls else []
    options = ["--url", own.sandbox.url, "--token", own.sandbox.token, *trust]
    assert main(["load", "demo.ecommerce.data", events, *options]) == 0
    assert capsys.readouterr().out == '{"inserted": 1}\n'
    assert proxy.asked == []


def test_another_machine_is_reached_by_it(
    proxy: ProxyServer, events: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--url", "http://sandbox.invalid/search/query", "--token", "secret"]
    assert main(["load", "demo.ecommerce.data", events, *options]) == 0
    assert capsys.readouterr().out == '{"inserted": 7}\n'
    assert proxy.asked == ["POST http://sandbox.invalid/_sandbox/tables/demo.ecommerce.data/events"]
