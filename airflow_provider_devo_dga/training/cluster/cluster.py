"""A private H2O cluster of one node: loopback only, one-time password, gone with its ``with`` block."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import logging
import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from airflow_provider_devo_dga.errors import H2OClusterError
from airflow_provider_devo_dga.models.java import find_h2o_jar, find_java
from airflow_provider_devo_dga.scratch import scratch_folder
from airflow_provider_devo_dga.training.cluster.connection import h2o_connection
from airflow_provider_devo_dga.training.cluster.process import NodeProcess

if TYPE_CHECKING:
    from h2o.backend import H2OConnection

_LOOPBACK = "127.0.0.1"
_USER = "trainer"
_MEMORY = re.compile(r"[1-9]\d*[kmgKMG]")
_PORT_TAKEN = re.compile(r"required ports .* not available|BindException|Address already in use")
_PORT_ATTEMPTS = 10
_POLL_SECONDS = 0.2
_SEEN_DEAD_SECONDS = 2.0


class LocalCluster:
    """An H2O node of our own, started on entering the context and ended on leaving it, whatever happens.

    It listens on 127.0.0.1 only, finds no other nodes, answers 401 without a password that is made for this
    run, and keeps its files in a temporary directory of its own. It ends with this process, on Linux by
    SIGKILL too; then the temporary directory goes when the next one is made.

    :param max_mem: Java heap, e.g. ``2g``.
    :param nthreads: H2O worker threads; -1 uses every core.
    :param log: where start and end are told.
    :param start_timeout: seconds until the node must be healthy.
    """

    def __init__(
        self,
        max_mem: str = "2g",
        nthreads: int = -1,
        log: logging.Logger | None = None,
        *,
        start_timeout: float = 120.0,
    ) -> None:
        self.max_mem = max_mem
        self.nthreads = nthreads
        self.log = log or logging.getLogger(__name__)
        self.start_timeout = start_timeout
        self._name = ""
        self._password = ""
        self._directory: Path | None = None
        self._process: NodeProcess | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``.

        :raises H2OClusterError: outside the context.
        """
        self._running_process()
        return f"http://{_LOOPBACK}:{self._port}"

    @property
    def auth(self) -> tuple[str, str]:
        """User and one-time password."""
        return _USER, self._password

    @property
    def pid(self) -> int:
        """Process id of the Java process.

        :raises H2OClusterError: outside the context.
        """
        return self._running_process().pid

    @property
    def directory(self) -> Path:
        """Temporary directory of the node; gone after the context.

        :raises H2OClusterError: outside the context.
        """
        if self._directory is None:
            raise H2OClusterError("The local H2O cluster is not running: use it inside its `with` block")
        return self._directory

    @contextmanager
    def connection(self) -> Iterator[H2OConnection]:
        """Connect the h2o package to this cluster for the length of the block.

        :raises H2OClusterError: when the node is not there or dies inside the block; carries its last output.
        """
        try:
            with h2o_connection(self.url, auth=self.auth) as connection:
                yield connection
        except H2OClusterError as error:
            # the closed socket is seen before the exit status
            if self._process is not None and self._process.has_ended(within=_SEEN_DEAD_SECONDS):
                raise H2OClusterError(f"{error}\n{self._process.death_note()}") from error
            raise

    def __enter__(self) -> Self:
        if not _MEMORY.fullmatch(self.max_mem):
            raise H2OClusterError(f"max_mem must look like '2g' or '512m', not {self.max_mem!r}")
        began = time.monotonic()
        java, jar = find_java(), find_h2o_jar()
        self._scratch = ExitStack()
        self._directory = self._scratch.enter_context(scratch_folder())
        try:
            self._start(java, jar, deadline=began + self.start_timeout)
        except BaseException:
            self._stop()
            raise
        self.log.info(
            "Local H2O cluster at %s, heap %s, ready in %.1f s",
            self.url,
            self.max_mem,
            time.monotonic() - began,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self.log.info("Local H2O cluster ended")

    def _write_realm(self) -> None:
        realm = self.directory / "realm"
        realm.touch(mode=0o600)
        # Jetty's HashLoginService knows no stronger digest; the password is random and lives for one run
        digest = hashlib.md5(self._password.encode(), usedforsecurity=False).hexdigest()
        realm.write_text(f"{_USER}: MD5:{digest},user\n")

    def _start(self, java: Path, jar: Path, *, deadline: float) -> None:
        for _ in range(_PORT_ATTEMPTS):
            # all new for each attempt: whoever took the last port was asked with the last password
            self._port = _free_port()
            self._name = f"devo-dga-{secrets.token_hex(8)}"
            self._password = secrets.token_urlsafe(24)
            self._write_realm()
            self._process = process = self._spawn(java, jar)
            if self._wait_until_ready(process, deadline):
                return
            if not _PORT_TAKEN.search(process.last_output()):
                raise H2OClusterError(f"The local H2O cluster did not start. {process.death_note()}")
            self.log.info("Port %d was taken meanwhile; trying another", self._port)
        raise H2OClusterError(f"No free port for the local H2O cluster in {_PORT_ATTEMPTS} attempts")

    def _spawn(self, java: Path, jar: Path) -> NodeProcess:
        # H2O looks for peers by multicast on all interfaces unless a file lists the nodes: this one only
        (self.directory / "nodes").write_text(f"{_LOOPBACK}:{self._port}\n")
        return NodeProcess(self._command(java, jar), self.directory)

    def _command(self, java: Path, jar: Path) -> list[str]:
        directory = self.directory
        command = [
            str(java),
            f"-Xmx{self.max_mem}",
            f"-Djava.io.tmpdir={directory}",
            # spares unpacking native libraries that a GBM does not use
            "-Dsys.ai.h2o.ext.core.toggle.XGBoost=False",
            *("-jar", str(jar)),
            *("-name", self._name),
            *("-ip", _LOOPBACK, "-web_ip", _LOOPBACK, "-port", str(self._port)),
            *("-flatfile", str(directory / "nodes")),
            *("-hash_login", "-login_conf", str(directory / "realm"), "-user_name", _USER),
            *("-ice_root", str(directory / "ice"), "-log_dir", str(directory / "log")),
            *("-flow_dir", str(directory / "flow")),
        ]
        return command if self.nthreads < 1 else [*command, "-nthreads", str(self.nthreads)]

    def _wait_until_ready(self, process: NodeProcess, deadline: float) -> bool:
        while not process.has_ended():
            if _is_healthy(self._port, self._name, self.auth):
                return True
            if time.monotonic() > deadline:
                raise H2OClusterError(
                    f"The local H2O cluster was not ready within {self.start_timeout:.0f} s. "
                    f"Its last output:\n{process.last_output()}"
                )
            time.sleep(_POLL_SECONDS)
        return False

    def _stop(self) -> None:
        process, self._process = self._process, None
        directory, self._directory = self._directory, None
        try:
            if process is not None:
                process.end()
        finally:
            if directory is not None:
                self._scratch.close()

    def _running_process(self) -> NodeProcess:
        if self._process is None:
            raise H2OClusterError("The local H2O cluster is not running: use it inside its `with` block")
        return self._process


def _free_port() -> int:
    """Return a port that was free a moment ago, with its successor, which H2O uses for itself."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind((_LOOPBACK, 0))
            port: int = first.getsockname()[1]
            try:
                second.bind((_LOOPBACK, port + 1))
            except (OSError, OverflowError):
                continue
            return port


def _is_healthy(port: int, name: str, auth: tuple[str, str]) -> bool:
    # another program may have taken the port, so the name must be ours too;
    # http.client knows no proxies, so the password cannot go to one
    credentials = base64.b64encode(":".join(auth).encode()).decode()
    connection = http.client.HTTPConnection(_LOOPBACK, port, timeout=5.0)
    try:
        connection.request(
            "GET", "/3/Cloud?skip_ticks=true", headers={"Authorization": f"Basic {credentials}"}
        )
        answer = connection.getresponse()
        if answer.status != 200:
            return False
        cloud = json.loads(answer.read())
        return bool(cloud["cloud_healthy"] and cloud["cloud_name"] == name)
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return False
    finally:
        connection.close()
