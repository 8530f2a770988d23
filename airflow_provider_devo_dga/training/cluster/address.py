"""Where an H2O cluster is, and single calls of its REST interface, each with a time limit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlsplit

from airflow_provider_devo_dga.devo_api.proxy import is_loopback
from airflow_provider_devo_dga.errors import H2OClusterError, TrainingError
from airflow_provider_devo_dga.redaction import heard, keep_secret, quiet

if TYPE_CHECKING:
    import requests

_STEP = 1 << 20
_TOLD_EVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """An H2O cluster to ask without the h2o package, whose own calls have no time limit.

    :param url: ``http(s)://host:port``, maybe with a path.
    :param auth: user and password.
    :param verify: check the certificate.
    :param cacert: file of the authority that signed it.
    """

    url: str
    auth: tuple[str, str] | None = field(default=None, repr=False)
    verify: bool = True
    cacert: str | None = None

    def __post_init__(self) -> None:
        keep_secret(self.auth and self.auth[1])

    @property
    def flow_url(self) -> str:
        """Where people look at the cluster: H2O Flow."""
        return f"{self.url}/flow/index.html"

    def ask(self, method: str, path: str, *, seconds: float = 10.0) -> Any:
        """Return the document of an answer; None when the cluster does not know what ``path`` names.

        :param seconds: until the connection stands, and again until the answer is there.
        :raises H2OClusterError: no answer, or none of H2O.
        :raises TrainingError: H2O refuses.
        """
        return self._sent(method, path, seconds=seconds)

    def upload(self, file: Path, key: str, told: Callable[[int, int], None]) -> None:
        """Send a file to the cluster as the raw file ``key``, block by block; one of before is replaced.

        :param told: called every few seconds, and at the end, with the bytes sent and all; may raise.
        """
        with file.open("rb") as opened:
            body = _Watched(opened, file.stat().st_size, told)
            path = f"/3/PostFile?destination_frame={quote(key, safe='')}"
            self._sent("POST", path, seconds=60.0, body=body)
        told(body.size, body.size)

    def _sent(self, method: str, path: str, *, seconds: float, body: _Watched | None = None) -> Any:
        import requests

        try:
            with requests.Session() as session:
                # no proxy stands before this machine
                session.trust_env = not is_loopback(urlsplit(self.url).hostname or "")
                answer = session.request(
                    method,
                    self.url + path,
                    data=body,
                    headers={"Content-Type": "application/octet-stream"} if body else None,
                    auth=self.auth,
                    timeout=seconds,
                    verify=self.cacert if self.verify and self.cacert else self.verify,
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            kind = _kind(error)
            quiet(error)
            raise H2OClusterError(f"The H2O cluster at {self.url} went away: {kind}") from error
        return self._document(answer)

    def _document(self, answer: requests.Response) -> Any:
        if answer.status_code == 404:
            return None
        if answer.status_code in {400, 412}:
            raise TrainingError(f"H2O refused: {_said(answer)}")
        if answer.status_code != 200:
            raise H2OClusterError(
                f"The H2O cluster at {self.url} answers with HTTP {answer.status_code}: {_said(answer)}"
            )
        try:
            return answer.json()
        except ValueError as error:
            raise H2OClusterError(f"What answers at {self.url} is no H2O cluster") from error


class _Watched:
    """A file that tells how much of it was read; requests streams what has a length and can be iterated."""

    def __init__(self, file: BinaryIO, size: int, told: Callable[[int, int], None]) -> None:
        self._file = file
        self.size = size
        self._told = told
        self._sent = 0
        self._next = time.monotonic() + _TOLD_EVERY_SECONDS

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(_STEP):
            yield block

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._sent += len(block)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TOLD_EVERY_SECONDS
            self._told(self._sent, self.size)
        return block


def healthy(address: ClusterAddress) -> None:
    """Hold the cluster to be whole: H2O gives a node up after a minute of silence, and trains no further.

    :raises H2OClusterError: names the lost nodes.
    """
    cloud = address.ask("GET", "/3/Cloud?skip_ticks=true") or {}
    if cloud.get("cloud_healthy", True):
        return
    lost = [heard(node.get("ip_port") or node.get("h2o")) for node in cloud["nodes"] if not node["healthy"]]
    raise H2OClusterError(
        f"The H2O cluster at {address.url} has lost {len(lost) or 'some'} of its {cloud['cloud_size']} nodes"
        f" ({', '.join(lost)}). It cannot recover: restart all its nodes, then run the task again"
    )


def megabytes(count: int) -> int:
    """Return bytes as megabytes, rounded up."""
    return math.ceil(count / 1e6)


def _kind(error: BaseException) -> str:
    # its text may hold whole requests
    cause = error.args[0] if error.args else error
    reason = getattr(cause, "reason", cause)
    return f"{type(error).__name__} ({type(reason).__name__})"


def _said(answer: requests.Response) -> str:
    try:
        text = str(answer.json().get("msg") or "")
    except (ValueError, AttributeError):
        text = ""
    lines = [line for line in text.split("\n") if line.strip() and line.strip() != "ERROR MESSAGE:"]
    return heard(lines[0].strip() if lines else answer.reason)
