"""One query exchange without I/O: the request to send, and what the reply's status and bytes mean."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from airflow_provider_devo_dga.devo_api.access import Credentials
from airflow_provider_devo_dga.devo_api.completeness import COUNT_COLUMN
from airflow_provider_devo_dga.devo_api.reply import refusal
from airflow_provider_devo_dga.devo_api.rows import RowDecoder
from airflow_provider_devo_dga.devo_api.transport import transport_error
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.devo_api.wire import Column, Request, Value
from airflow_provider_devo_dga.errors import (
    DevoError,
    DevoIncompleteError,
    DevoQueryError,
    DevoTransientError,
)

if TYPE_CHECKING:
    import httpx

FORMAT = "json/simple/compact"
_COMMENT = re.compile(r"""[\x00-\x1f\x7f"'\\]""")
_MOST_ERROR_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Query:
    """LINQ over a closed window.

    :param text: LINQ without pragmas.
    :param window: half-open window on ``eventdate``.
    :param limit: at most this many rows, None for all.
    :param comments: pragma comments (``id``, ``user``, ``free``) by which Devo's own audit names the caller.
    :param is_count: whether it gives one row with one number.
    """

    text: str
    window: Window
    limit: int | None = None
    comments: Mapping[str, str] | None = None
    is_count: bool = False

    def counting(self) -> Query:
        """Return the query by which Devo counts the rows of this one over the same window."""
        self._check_text()
        text = f"{self.text}\ngroup\nselect count() as {COUNT_COLUMN}"
        return replace(self, text=text, limit=None, is_count=True)

    def body(self) -> str:
        """Return the request's body, in devo-sdk's key order and spelling."""
        self._check_text()
        if self.limit is not None and self.limit < 1:
            raise DevoQueryError(f"limit must be at least 1, not {self.limit}; leave it out for all rows")
        payload: dict[str, object] = {
            "from": self.window.start_seconds,
            "to": self.window.end_seconds,
            "mode": {"type": FORMAT},
            "query": self.text + self._pragmas(),
        }
        if self.limit is not None:
            payload["limit"] = self.limit
        payload["ipAsString"] = True
        return json.dumps(payload)

    def _check_text(self) -> None:
        if not self.text or not self.text.strip():
            raise DevoQueryError(
                "The query is empty; did the template or the task that makes it give nothing?"
            )

    def _pragmas(self) -> str:
        pairs = (self.comments or {}).items()
        return "".join(f' pragma comment.{name}:"{comment_text(value)}"' for name, value in pairs)


def comment_text(value: str) -> str:
    """Return a pragma's value as it may be sent; Devo's grammar has no escape: what ends it becomes ``_``."""
    return _COMMENT.sub("_", value)


class QueryExchange:
    """One attempt at a query. A driver sends ``request``, then hands over head, bytes and end.

    :param url: the query endpoint.
    :param credentials: signs the request with ``timestamp_ms``; make a new exchange for a new attempt.
    """

    def __init__(self, query: Query, url: str, credentials: Credentials, timestamp_ms: int) -> None:
        self.query = query
        body = query.body()
        self.request = Request("POST", url, credentials.headers(body, timestamp_ms), body.encode())
        self._decoder = RowDecoder(query.text)
        self._status = 0
        self._headers: Mapping[str, str] = {}
        self._refusal = b""
        self.bytes_read = 0
        """Bytes of the reply so far, decompressed."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The result's columns; empty until the first line of the reply is there."""
        return self._decoder.columns

    @property
    def rows_read(self) -> int:
        """Whole rows decoded so far."""
        return self._decoder.rows_read

    @property
    def is_framed(self) -> bool:
        """Whether the answer has an end of its own on the wire, without which the HTTP client raises.

        A ``Content-Length`` does not count: whoever tells the length of a stream has buffered it, and knows
        only of what reached him.
        """
        return "chunked" in self._headers.get("transfer-encoding", "").lower()

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Take the reply's status and headers (lower-case names)."""
        self._status, self._headers = status, headers

    def feed(self, chunk: bytes) -> list[list[Value]]:
        """Take bytes of the reply; return the rows they complete."""
        self.bytes_read += len(chunk)
        if self._status == 200:
            return self._decoder.feed(chunk)
        if len(self._refusal) < _MOST_ERROR_BYTES:
            self._refusal += chunk
        return []

    def finish(self) -> list[list[Value]]:
        """Take the reply's end; return a last row, or raise what the reply amounts to."""
        if self._status == 200:
            return self._decoder.close()
        raise refusal(self._status, self._headers, self._refusal, query=self.query.text)

    def overdue(self) -> DevoError:
        """Return the error of an answer that is not whole at the deadline."""
        return DevoTransientError(
            f"Devo's answer was not whole within the connection's timeout ({self.rows_read} rows so far);"
            " narrow the query or raise the timeout"
        )

    def broken(self, error: httpx.HTTPError) -> DevoError:
        """Return the error of an exchange whose connection failed."""
        if self.rows_read:
            return DevoIncompleteError(
                f"The connection broke after {self.rows_read} rows ({type(error).__name__});"
                " read the whole window again",
                rows_read=self.rows_read,
            )
        return transport_error(error, self.request.url)
