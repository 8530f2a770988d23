"""What every use of a cluster needs, without a cluster."""

from __future__ import annotations

import pytest

from airflow_provider_devo_dga.errors import H2OClusterError
from airflow_provider_devo_dga.training.cluster.connection import h2o_connection
from tests.ports import free_port
from tests.proxy_server import ProxyServer


@pytest.mark.parametrize("variable", ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_h2o_asks_this_machine_by_way_of_no_proxy(
    monkeypatch: pytest.MonkeyPatch, variable: str, host: str
) -> None:
    import h2o.backend.connection

    monkeypatch.setattr(h2o.backend.connection.time, "sleep", lambda _: None)
    with ProxyServer() as proxy:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        with (
            pytest.raises(H2OClusterError),
            h2o_connection(f"http://{host}:{free_port()}", auth=("user", "password")),
        ):
            pass
    assert proxy.asked == []
