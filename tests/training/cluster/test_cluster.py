"""The private node: closed to others, gone afterwards, clear when it dies."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from airflow_provider_devo_dga.errors import H2OClusterError
from airflow_provider_devo_dga.training.cluster import cluster as cluster_module
from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster
from airflow_provider_devo_dga.training.cluster.connection import h2o_connection
from tests.waiting import wait_until


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def wait_until_gone(pid: int) -> bool:
    return bool(wait_until(lambda: not runs(pid)))


def fake_java(folder: Path, script: str) -> Path:
    java = folder / "java"
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    return java


@pytest.mark.parametrize("max_mem", ["", "2", "2gb", "g", "-1g", "0g", "2g -version"])
def test_a_heap_that_java_would_not_understand_is_refused(max_mem: str) -> None:
    with pytest.raises(H2OClusterError, match="max_mem must look like"), LocalCluster(max_mem=max_mem):
        pass


def test_outside_its_context_there_is_no_cluster() -> None:
    with pytest.raises(H2OClusterError, match="inside its `with` block"):
        LocalCluster().url  # noqa: B018


def test_a_node_that_does_not_start_is_reported_with_its_last_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = fake_java(tmp_path, "echo Could not reserve enough space >&2; exit 3")
    monkeypatch.setattr(cluster_module, "find_java", lambda: java)
    with (
        pytest.raises(H2OClusterError, match=r"(?s)status 3.*Could not reserve enough space"),
        LocalCluster(),
    ):
        pass


@pytest.mark.slow
def test_a_node_that_never_gets_ready_is_ended_at_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = fake_java(tmp_path, f"echo $$ > {tmp_path}/pid; echo still loading; exec sleep 60")
    monkeypatch.setattr(cluster_module, "find_java", lambda: java)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with (
        pytest.raises(H2OClusterError, match=r"(?s)not ready within 1 s.*still loading"),
        LocalCluster(start_timeout=1.0),
    ):
        pass
    assert not runs(int((tmp_path / "pid").read_text()))
    assert list(tmp_path.glob("devo-dga-scratch-*")) == []


@pytest.mark.slow
def test_a_port_taken_meanwhile_is_given_up_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = fake_java(
        tmp_path,
        f"echo x >> {tmp_path}/starts; echo some of the required ports 1, 2 are not available; exit 255",
    )
    monkeypatch.setattr(cluster_module, "find_java", lambda: java)
    with pytest.raises(H2OClusterError, match=r"No free port .* in 10 attempts"), LocalCluster():
        pass
    assert (tmp_path / "starts").read_text().count("x") == 10


@pytest.mark.slow
def test_without_the_password_it_answers_401(cluster: LocalCluster) -> None:
    for headers in ({}, {"Authorization": "Basic dHJhaW5lcjp3cm9uZw=="}):
        connection = http.client.HTTPConnection("127.0.0.1", port_of(cluster.url), timeout=10)
        connection.request("GET", "/3/Cloud", headers=headers)
        assert connection.getresponse().status == 401
        connection.close()


@pytest.mark.slow
def test_a_wrong_password_is_a_cluster_error_that_does_not_tell_it(cluster: LocalCluster) -> None:
    with (
        pytest.raises(H2OClusterError, match="Cannot use the H2O cluster") as raised,
        h2o_connection(cluster.url, auth=("trainer", "wrong-password")),
    ):
        pass
    assert "wrong-password" not in str(raised.value)


@pytest.mark.slow
def test_the_password_is_on_no_command_line_and_in_no_readable_file(cluster: LocalCluster) -> None:
    password = cluster.auth[1]
    assert password.encode() not in Path(f"/proc/{cluster.pid}/cmdline").read_bytes()
    assert cluster.directory.stat().st_mode & 0o077 == 0
    assert (cluster.directory / "realm").stat().st_mode & 0o077 == 0
    assert all(password not in file.read_text() for file in cluster.directory.glob("*") if file.is_file())


@pytest.mark.slow
def test_it_listens_on_loopback_only_and_in_our_process_group(cluster: LocalCluster) -> None:
    assert os.getpgid(cluster.pid) == os.getpgid(0)
    links = [str(link.readlink()) for link in Path(f"/proc/{cluster.pid}/fd").iterdir()]
    inodes = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}
    assert inodes
    loopback = ("0100007F", "0000000000000000FFFF00000100007F")
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                assert fields[1].split(":")[0] in loopback, (table, line)


@pytest.mark.slow
def test_a_second_connection_in_one_process_is_refused(cluster: LocalCluster) -> None:
    with (
        cluster.connection(),
        pytest.raises(H2OClusterError, match="one connection per process"),
        cluster.connection(),
    ):
        pass


@pytest.mark.slow
def test_nothing_is_printed(cluster: LocalCluster, capfd: pytest.CaptureFixture[str]) -> None:
    with cluster.connection() as connection:
        connection.request("GET /3/Ping")
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_two_clusters_one_after_the_other_leave_nothing() -> None:
    for _ in range(2):
        with LocalCluster(max_mem="512m", nthreads=1) as cluster:
            pid, port, directory = cluster.pid, port_of(cluster.url), cluster.directory
            with cluster.connection() as connection:
                assert connection.cluster.cloud_size == 1
            assert listens(port)
        assert not runs(pid)
        assert not listens(port)
        assert not directory.exists()


@pytest.mark.slow
def test_an_exception_inside_ends_the_node_and_travels_on() -> None:
    seen: list[tuple[int, Path]] = []

    def interrupted() -> None:
        with LocalCluster(max_mem="512m") as cluster:
            seen.append((cluster.pid, cluster.directory))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    pid, directory = seen[0]
    assert not runs(pid)
    assert not directory.exists()


@pytest.mark.slow
def test_a_node_killed_in_use_is_a_cluster_error_with_its_status() -> None:
    import h2o

    def use() -> None:
        with LocalCluster(max_mem="512m") as cluster, cluster.connection():
            os.kill(cluster.pid, signal.SIGKILL)
            h2o.ls()

    with pytest.raises(H2OClusterError, match=r"(?s)went away.*status -9"):
        use()


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel ends the node on Linux only")
def test_the_node_dies_with_a_killed_parent() -> None:
    script = (
        "from airflow_provider_devo_dga.training.cluster.cluster import LocalCluster\n"
        "with LocalCluster(max_mem='512m') as cluster:\n"
        "    print(cluster.pid, cluster.directory, flush=True)\n"
        "    input()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        pid, directory = parent.stdout.readline().split()
        assert runs(int(pid))
        parent.kill()
        parent.wait()
        assert wait_until_gone(int(pid))
        subprocess.run(["rm", "-rf", directory], check=True)


@pytest.mark.parametrize(
    ("body", "ours"),
    [
        (b'{"cloud_healthy": true, "cloud_name": "ours"}', True),
        (b'{"cloud_healthy": false, "cloud_name": "ours"}', False),
        (b'{"cloud_healthy": true, "cloud_name": "theirs"}', False),
        (b"<html>", False),
        (b"[]", False),
        (b"{}", False),
    ],
)
def test_a_stranger_on_the_port_is_not_taken_for_the_node(body: bytes, ours: bool) -> None:
    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert cluster_module._is_healthy(server.server_port, "ours", ("trainer", "x")) is ours
        thread.join()
