"""A private Redis on the loopback address, Celery's broker, for one test session."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tests.ports import free_port

_READY_SECONDS = 30.0


def has_celery() -> bool:
    """Tell whether there is a Redis server, and what Airflow needs to run tasks by Celery."""
    return bool(shutil.which("redis-server") and find_spec("redis") and _has_provider())


@contextlib.contextmanager
def running_redis() -> Iterator[str]:
    """Yield the URL of an empty Redis that asks for a password."""
    folder = Path(tempfile.mkdtemp(prefix="devo-dga-redis-"))
    port, password = free_port(), secrets.token_hex(16)
    settings = ["bind 127.0.0.1", f"port {port}", f"requirepass {password}", f"dir {folder}"]
    # the data do not outlive the session
    settings += ['save ""', "appendonly no", "daemonize no"]
    with (folder / "log").open("wb") as log:
        # from its standard input: the list of processes shows arguments to everybody
        process = subprocess.Popen(
            ["redis-server", "-"], stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        assert process.stdin
        process.stdin.write("\n".join(settings).encode())
        process.stdin.close()
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        _wait(process, url, folder / "log")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _has_provider() -> bool:
    try:
        return bool(find_spec("airflow.providers.celery"))
    except ModuleNotFoundError:
        return False


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    from redis import Redis
    from redis.exceptions import ConnectionError as RedisConnectionError

    deadline = time.monotonic() + _READY_SECONDS
    with Redis.from_url(url, socket_timeout=2) as client:
        while True:
            try:
                client.ping()
            except RedisConnectionError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"Redis did not start: {error}\n{log.read_text()[-2000:]}") from None
                time.sleep(0.1)
            else:
                return
