"""MLflow's client for one tracking server, with its credentials, noise and errors under control."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from airflow_provider_devo_dga.devo_api.requests_clients import led
from airflow_provider_devo_dga.errors import HistoryConfigError, HistoryError
from airflow_provider_devo_dga.redaction import heard, keep_secret

if TYPE_CHECKING:
    from mlflow import MlflowClient

_CREDENTIALS = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # its own handlers would write past Airflow's task log
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_NOISY = ("mlflow", "alembic")
_STATUS = re.compile(r"error code (\d{3})")
_REFUSALS = {"401", "403", "UNAUTHENTICATED", "PERMISSION_DENIED"}
_SQLITE = "sqlite:///"
_PAUSE = 0.1
# the client reads its credentials from the environment, of which a process has one
_one_at_a_time = threading.RLock()


@dataclass(frozen=True, slots=True)
class TrackingServer:
    """Where a history is kept.

    :param uri: ``http://`` or ``https://`` address of an MLflow server, or ``sqlite:///`` and a path.
    :param username: with ``password``, for a server that asks for them.
    :param token: instead of user and password.
    :param verify: whom to trust, as :func:`devo_api.tls.context_of` takes it.
    :param timeout: seconds for one call with its retries.
    :param retries: further attempts of one call.
    """

    uri: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    verify: bool | str = True
    timeout: int = 30
    retries: int = 2

    def __post_init__(self) -> None:
        keep_secret(self.password, self.token)

    @classmethod
    def in_file(cls, file: Path) -> TrackingServer:
        """Keep the history in an SQLite file on this machine."""
        return cls(f"{_SQLITE}{file.absolute()}")

    @property
    def file(self) -> Path | None:
        """The SQLite file, None for a server."""
        return Path(self.uri.removeprefix(_SQLITE)) if self.uri.startswith(_SQLITE) else None

    @property
    def artifacts(self) -> str | None:
        """Folder for small files, beside the SQLite file; None when the server has a place for them."""
        return self.file.with_name(f"{self.file.stem}-artifacts").as_uri() if self.file else None

    def environment(self) -> dict[str, str]:
        """Return what MLflow's client reads from the environment."""
        wanted = {
            "MLFLOW_TRACKING_USERNAME": self.username,
            "MLFLOW_TRACKING_PASSWORD": self.password,
            "MLFLOW_TRACKING_TOKEN": self.token,
            "MLFLOW_HTTP_REQUEST_TIMEOUT": str(self.timeout),
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": str(self.retries),
        }
        return _QUIET | {name: value for name, value in wanted.items() if value is not None}

    @contextmanager
    def client(self) -> Iterator[MlflowClient]:
        """Yield MLflow's client. The environment and the loggers are as before when the block ends.

        :raises HistoryConfigError: MLflow is not installed, or the server refuses the credentials.
        :raises HistoryError: the server or the file cannot be used now.
        """
        with (
            _one_at_a_time,
            _environment(self.environment()),
            _hushed(),
            self._turn(),
            self._led(),
            self._typed_errors(),
        ):
            yield _client(self.uri)

    def _led(self) -> AbstractContextManager[object]:
        if self.file is not None:
            return nullcontext()
        return led(self.uri, self.verify, HistoryConfigError, seconds=self.timeout)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let one process of this machine at a time use a file: its tables cannot be made twice at once."""
        if self.file is None:
            yield
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.with_name(f"{self.file.name}.lock").open("a") as turn:
            last = time.monotonic() + self.timeout
            while not _taken(turn):
                if time.monotonic() > last:
                    raise HistoryError(self._busy())
                time.sleep(_PAUSE)
            yield  # closing the file ends the turn, as the end of the process does

    def _busy(self) -> str:
        return (
            f"Another process is writing to the model history in {self.file}; try again when it is done."
            " For several writers at a time use an MLflow server (mlflow_conn_id)"
        )

    @contextmanager
    def _typed_errors(self) -> Iterator[None]:
        try:
            yield
        except HistoryError:
            raise
        except Exception as error:
            if not type(error).__module__.startswith(("mlflow", "requests", "sqlalchemy", "alembic")):
                raise
            if isinstance(error.__context__, HistoryError):  # of the way there, in MLflow's wrapping
                raise error.__context__ from None
            raise self._typed(error) from None

    def _typed(self, error: Exception) -> HistoryError:
        # MLflow's own text may be long, and holds the address; ours names the place and the remedy
        reason = heard(" ".join(str(error).split()), 300)
        found = _STATUS.search(reason)
        refused = found[1] if found else getattr(error, "error_code", "")
        if refused in _REFUSALS:
            return HistoryConfigError(
                f"The MLflow server at {self.uri} refuses the credentials ({refused});"
                " check login and password, or the token, of the connection"
            )
        if self.file and "locked" in reason:
            return HistoryError(self._busy())
        return HistoryError(f"The model history at {self.uri} cannot be used: {reason}")


def local_path(uri: str) -> Path | None:
    """Return the path of a ``file://`` URI or a plain path, None for any other store."""
    parts = urlsplit(uri)
    return Path(unquote(parts.path)) if parts.scheme in {"", "file"} else None


def _client(uri: str) -> MlflowClient:
    try:
        from mlflow import MlflowClient
    except ImportError:
        raise HistoryConfigError(
            "MLflow is not installed; run: pip install 'airflow-provider-devo-dga[mlflow]'"
        ) from None
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _taken(file: IO[str]) -> bool:
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    names = {*wanted, *_CREDENTIALS}
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)


@contextmanager
def _hushed() -> Iterator[None]:
    """Let only errors through: a new file tells of each migration, and warnings quote the server."""
    loggers = [logging.getLogger(name) for name in _NOISY]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
