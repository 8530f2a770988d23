"""Serve the sandbox over TLS, in this thread or in one of its own."""

from __future__ import annotations

import secrets
import signal
import socket
import ssl
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import trustme
import uvicorn

from devo_sandbox.api.app import application
from devo_sandbox.api.protocol import Protocol
from devo_sandbox.auth import Credentials
from devo_sandbox.intake.syslog_server import SyslogServer
from devo_sandbox.tenant import Habits, Tenant

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
START_S = 30


@dataclass(slots=True)
class Settings:
    """How to serve.

    :param port: 0 takes a free one.
    :param token: None makes a random one.
    :param syslog_port: where events arrive by syslog; 0 takes a free one, None takes no syslog.
    :param data_dir: where tables, models and jobs last; None keeps them in memory.
    """

    host: str = "127.0.0.1"
    port: int = 0
    syslog_port: int | None = 0
    token: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    api_secret: str | None = field(default=None, repr=False)
    data_dir: Path | None = None
    tls: bool = True
    habits: Habits = field(default_factory=Habits)


class Sandbox:
    """A sandbox on a port of its own; a context manager that serves in a thread.

    ::

        with Sandbox(token="secret") as sandbox:
            Client(address=sandbox.url, auth={"token": "secret"}, verify=sandbox.ca_file)

    Settings are those of ``devo-sandbox serve``: ``host``, ``port`` and ``syslog_port`` (0 takes a free one),
    ``token`` (None makes a random one), ``api_key`` and ``api_secret``, ``tls``, ``data_dir`` (None keeps
    everything in memory), and ``habits``, what Devo leaves open.
    """

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(**settings)
        if self.settings.data_dir is not None:
            self.settings.data_dir = Path(self.settings.data_dir)
        self.token = self.settings.token or secrets.token_hex(16)
        self._socket = _listen(self.settings.host, self.settings.port)
        self.host: str = self.settings.host
        self.port: int = self._socket.getsockname()[1]
        self._directory = tempfile.TemporaryDirectory(prefix="devo-sandbox-")
        credentials = Credentials(self.token, self.settings.api_key, self.settings.api_secret)
        self.tenant = Tenant(credentials, self.settings.data_dir, self.settings.habits)
        certified = self._certified() if self.settings.tls else None
        self._server = uvicorn.Server(self._config(certified))
        self._syslog: SyslogServer | None = None
        if self.settings.syslog_port is not None:
            listening = _listen(self.settings.host, self.settings.syslog_port)
            self._syslog = SyslogServer(listening, self.tenant.intake, certified)
            self._syslog.start()
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """Return scheme, host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.settings.tls else 'http'}://{host}:{self.port}"

    @property
    def url(self) -> str:
        """Return the address of the Query API."""
        return f"{self.base_url}/search/query"

    @property
    def mlmm_url(self) -> str:
        """Return the address of the ML Model Manager."""
        return f"{self.base_url}/mlmodelmanager"

    @property
    def syslog(self) -> dict[str, Any] | None:
        """Return where events arrive by syslog, None when they do not."""
        if self._syslog is None:
            return None
        return {"host": self.host, "port": self._syslog.port, "tls": self.settings.tls}

    @property
    def http_events_url(self) -> str:
        """Return the endpoint to which events are sent over HTTP."""
        return self.base_url

    @property
    def ca_file(self) -> str | None:
        """Return the file of the authority to trust, None without TLS."""
        return str(self._ca_path()) if self.settings.tls else None

    @property
    def running(self) -> int:
        """Return how many requests are being answered."""
        return len(self._server.server_state.tasks)

    def run(self) -> None:
        """Serve in this thread, the main one, until a signal asks to stop."""
        # The server repeats the signal once it has ended well; the default would skip what follows.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self.close()

    def close(self) -> None:
        """Let go of everything."""
        self._socket.close()
        if self._syslog:
            self._syslog.close()
        self.tenant.close()
        self._directory.cleanup()

    def __enter__(self) -> Sandbox:
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        # Without waiting for clients that hold their connection open.
        self._server.force_exit = True
        if self._thread:
            self._thread.join(START_S)
        self.close()

    def _config(self, certified: ssl.SSLContext | None) -> uvicorn.Config:
        return uvicorn.Config(
            application(self.tenant),
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
            ssl_context_factory=(lambda *_: certified) if certified else None,
        )

    def _certified(self) -> ssl.SSLContext:
        """Make an authority and a certificate for this start; only the authority's public part is written."""
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*{"127.0.0.1", "localhost", "::1", self.host}).configure_cert(context)
        partial = self._ca_path().with_suffix(".partial")
        authority.cert_pem.write_to_path(str(partial))
        partial.replace(self._ca_path())
        return context

    def _ca_path(self) -> Path:
        # absolute: whoever reads the ready line may stand in another folder
        return (self.settings.data_dir or Path(self._directory.name)).resolve() / "ca.pem"


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that already listens, so that a client may connect before the server runs."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(128)
    return listening
