"""A private PostgreSQL on the loopback address, for one test session. It refuses to run as root."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.ports import free_port

_PACKAGED = Path("/usr/lib/postgresql")
_READY_SECONDS = 60.0
# The data do not outlive the session.
_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


def postgres_folder() -> Path | None:
    """Return the folder of PostgreSQL's server programs; Debian keeps them out of PATH."""
    found = shutil.which("initdb")
    packaged = sorted(_PACKAGED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    paths = [Path(found).resolve()] if found else packaged[-1:]
    return next((path.parent for path in paths if (path.parent / "postgres").exists()), None)


def has_postgres() -> bool:
    """Tell whether there is a server, and what Airflow needs to talk to it."""
    return bool(postgres_folder() and find_spec("psycopg2") and find_spec("asyncpg"))


@contextlib.contextmanager
def running_postgres() -> Iterator[str]:
    """Yield the URL of an empty database, as SQLAlchemy spells it."""
    programs = postgres_folder()
    assert programs, "PostgreSQL's server is not installed"
    folder = Path(tempfile.mkdtemp(prefix="devo-dga-postgres-"))
    try:
        password = secrets.token_hex(16)
        owner = _owner(folder)
        with _file_of(password, folder, owner) as file:
            _initialise(programs, folder, file, owner)
        port = free_port()
        process = _start(programs, folder, port, owner)
        try:
            url = f"postgresql+psycopg2://airflow:{password}@127.0.0.1:{port}/postgres"
            _wait(process, url, folder)
            yield url
        finally:
            # SIGINT ends its sessions and stops
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner(folder: Path) -> dict[str, Any]:
    """Return how to start its programs: as ourselves, or as nobody where we are root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def _file_of(password: str, folder: Path, owner: dict[str, Any]) -> Iterator[Path]:
    file = folder / "password"
    file.touch(mode=0o600)
    file.write_text(password)
    if owner:
        os.chown(file, owner["user"], owner["group"])
    try:
        yield file
    finally:
        file.unlink()


def _initialise(programs: Path, folder: Path, password: Path, owner: dict[str, Any]) -> None:
    command = [programs / "initdb", "-D", folder / "data", "-U", "airflow", "-A", "scram-sha-256"]
    options = [f"--pwfile={password}", "-E", "UTF8", "--locale=C", "--no-sync"]
    done = subprocess.run(
        [*command, *options], cwd=folder, capture_output=True, text=True, check=False, **owner
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _start(programs: Path, folder: Path, port: int, owner: dict[str, Any]) -> subprocess.Popen[bytes]:
    settings = _SETTINGS | {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *options],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            **owner,
        )


def _wait(process: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    import psycopg2

    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            psycopg2.connect(url.replace("+psycopg2", ""), connect_timeout=2).close()
        except psycopg2.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (folder / "log").read_text()
                raise RuntimeError(f"PostgreSQL did not start: {error}\n{log[-2000:]}") from None
            time.sleep(0.1)
        else:
            return
