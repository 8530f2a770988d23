"""H2OHook: a private cluster for the block, or an existing one that is left running."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_devo_dga.errors import H2OClusterError
from airflow_provider_devo_dga.hooks.h2o import H2OHook
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from tests.hooks.raw_server import RawServer


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(max_mem="512m", nthreads=1) as running:
        yield running


@pytest.fixture
def connect_h2o(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Define an Airflow connection of type ``h2o``."""

    def define(**fields: Any) -> None:
        connection = {"conn_type": "h2o", "host": "127.0.0.1", "schema": "http", **fields}
        monkeypatch.setenv("AIRFLOW_CONN_H2O_TEST", json.dumps(connection))

    return define


def remote(cluster: LocalCluster) -> dict[str, Any]:
    user, password = cluster.auth
    return {"port": urlsplit(cluster.url).port, "login": user, "password": password}


def alive(pid: int) -> bool:
    return (
        "java"
        in subprocess.run(
            ["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    )


@pytest.mark.slow
def test_a_private_cluster_ends_with_its_block_even_when_that_fails() -> None:
    hook = H2OHook(max_mem="512m", nthreads=1)

    def fail() -> None:
        with hook:
            cluster = hook.get_conn().cluster
            assert (cluster.cloud_healthy, cluster.cloud_size) == (True, 1)
            urls.append(hook.get_conn().base_url)
            raise ZeroDivisionError

    urls: list[str] = []
    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(urls[0], timeout=5)
    with pytest.raises(H2OClusterError, match="not connected"):
        hook.get_conn()


@pytest.mark.slow
def test_an_existing_cluster_is_used_and_left_running(cluster: LocalCluster, connect_h2o: Any) -> None:
    connect_h2o(**remote(cluster))
    for _ in range(2):
        with H2OHook("h2o_test") as hook:
            assert hook.get_conn().base_url == cluster.url
    well, told = H2OHook("h2o_test").test_connection()
    assert well
    assert told.startswith("H2O 3.46.0.")
    assert told.endswith("answers, with 1 healthy node(s)")
    assert alive(cluster.pid)


@pytest.fixture
def over_tls(cluster: LocalCluster, tmp_path: Path) -> Iterator[RawServer]:
    """Serve the cluster over TLS, with a certificate of an authority of its own."""

    def lead(connection: socket.socket, request: bytes) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        with socket.create_connection(("127.0.0.1", urlsplit(cluster.url).port or 0)) as there:
            there.sendall(b"\r\n".join([*kept, b"Connection: close", b"", body]))
            while block := there.recv(65536):
                connection.sendall(block)

    with RawServer(lead, tmp_path) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("way", ["text", "file", "folder", "SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_cluster_with_a_private_authority(
    over_tls: RawServer,
    cluster: LocalCluster,
    connect_h2o: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    way: str,
) -> None:
    file = over_tls.ca_file
    given = {"text": file.read_text(), "file": str(file), "folder": str(tmp_path)}
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    if way not in given:
        monkeypatch.setenv(way, str(file if way == "SSL_CERT_FILE" else tmp_path))
    at = remote(cluster) | {"port": over_tls.port, "schema": "https"}
    connect_h2o(**at, extra={"verify": given.get(way, True)})
    with H2OHook("h2o_test") as hook:
        assert hook.get_conn().cluster.cloud_size == 1
        hook.address.upload(file, "over_tls", lambda *_: None)
        assert hook.address.ask("GET", "/3/Cloud")["cloud_size"] == 1
    connect_h2o(**at, extra={"verify": True} if way in given else {"verify": "/no/such"})
    well, told = H2OHook("h2o_test").test_connection()
    assert (well, "trust" in told) == (False, True)


@pytest.mark.slow
def test_a_wrong_password_is_told_without_it(cluster: LocalCluster, connect_h2o: Any) -> None:
    connect_h2o(**remote(cluster) | {"password": "not-the-password"})
    well, told = H2OHook("h2o_test").test_connection()
    assert not well
    assert cluster.url in told
    assert "not-the-password" not in told


@pytest.mark.slow
def test_a_second_cluster_in_one_process_is_refused(cluster: LocalCluster, connect_h2o: Any) -> None:
    connect_h2o(**remote(cluster))
    with H2OHook("h2o_test"), pytest.raises(H2OClusterError, match="one connection per process"):
        H2OHook("h2o_test").__enter__()


@pytest.mark.slow
def test_a_dead_port_is_named(connect_h2o: Any, dead_port: int) -> None:
    connect_h2o(port=dead_port)
    well, told = H2OHook("h2o_test").test_connection()
    assert not well
    assert f"http://127.0.0.1:{dead_port}" in told


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"schema": "ftp"}, "must be https or http, not 'ftp'"), ({"host": ""}, "no host")],
)
def test_an_unusable_connection_says_which_field(
    connect_h2o: Any, fields: dict[str, Any], reason: str
) -> None:
    connect_h2o(**fields)
    well, told = H2OHook("h2o_test").test_connection()
    assert not well
    assert reason in told


def test_a_heap_that_is_none_is_refused_before_anything_starts() -> None:
    with pytest.raises(H2OClusterError, match="max_mem must look like"):
        H2OHook(max_mem="lots").__enter__()
