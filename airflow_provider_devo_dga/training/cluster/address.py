"""Where an H2O cluster is, and single calls of its REST interface, each with a time limit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow_provider_devo_dga.devo_api.access import Limits
from airflow_provider_devo_dga.devo_api.faults import transport_error
from airflow_provider_devo_dga.devo_api.transport import transport_to
from airflow_provider_devo_dga.errors import (
    DevoConnectionConfigError,
    H2OClusterError,
    H2OConfigError,
    TrainingError,
)
from airflow_provider_devo_dga.redaction import heard, keep_secret

if TYPE_CHECKING:
    import httpx

_STEP = 1 << 20
_STEP_SECONDS = 60.0
_TOLD_EVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """An H2O cluster to ask without the h2o package, whose own calls have no time limit.

    :param url: ``http(s)://host:port``, maybe with a path.
    :param auth: user and password.
    :param verify: whom to trust, as :func:`devo_api.tls.context_of` takes it.
    """

    url: str
    auth: tuple[str, str] | None = field(default=None, repr=False)
    verify: bool | str = True

    def __post_init__(self) -> None:
        keep_secret(self.auth and self.auth[1])

    @property
    def flow_url(self) -> str:
        """Where people look at the cluster: H2O Flow."""
        return f"{self.url}/flow/index.html"

    def ask(self, method: str, path: str, *, seconds: float = 10.0) -> Any:
        """Return the document of an answer; None when the cluster does not know what ``path`` names.

        :param seconds: until the whole answer is there.
        :raises H2OClusterError: no answer, or none of H2O.
        :raises TrainingError: H2O refuses.
        """
        return self._sent(method, path, seconds=seconds)

    def upload(self, file: Path, key: str, told: Callable[[int, int], None]) -> None:
        """Send a file to the cluster as the raw file ``key``, block by block; one of before is replaced.

        :param told: called every few seconds, and at the end, with the bytes sent and all; may raise.
        """
        size, path = file.stat().st_size, f"/3/PostFile?destination_frame={quote(key, safe='')}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        self._sent("POST", path, content=_blocks(file, size, told), headers=headers)
        told(size, size)

    def _sent(self, method: str, path: str, *, seconds: float | None = None, **parts: Any) -> Any:
        import httpx

        try:
            transport = transport_to(self.url, self.verify, Limits(seconds or _STEP_SECONDS))
            bounded = nullcontext() if seconds is None else transport.within(seconds)
            with transport.client() as client, bounded:
                answer = client.request(method, self.url + path, auth=self.auth, **parts)
        except DevoConnectionConfigError as error:
            raise H2OConfigError(error.message) from None
        except httpx.HTTPError as error:
            fault = transport_error(error, self.url)
            if isinstance(fault, DevoConnectionConfigError):
                raise H2OConfigError(fault.message) from error
            raise H2OClusterError(f"The H2O cluster at {self.url} went away: {fault.message}") from error
        return self._document(answer)

    def _document(self, answer: httpx.Response) -> Any:
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


def _blocks(file: Path, size: int, told: Callable[[int, int], None]) -> Iterator[bytes]:
    """Yield a file's blocks, and tell every few seconds how much of it was taken."""
    sent, following = 0, time.monotonic() + _TOLD_EVERY_SECONDS
    with file.open("rb") as opened:
        while block := opened.read(_STEP):
            yield block
            sent += len(block)
            if time.monotonic() >= following:
                following = time.monotonic() + _TOLD_EVERY_SECONDS
                told(sent, size)


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


def _said(answer: httpx.Response) -> str:
    try:
        text = str(answer.json().get("msg") or "")
    except (ValueError, AttributeError):
        text = ""
    lines = [line for line in text.split("\n") if line.strip() and line.strip() != "ERROR MESSAGE:"]
    return heard(lines[0].strip() if lines else answer.reason_phrase)
