"""Queries without I/O: the request to send, what the reply's status and bytes mean, and whether it is whole.

Devo's row stream has no end mark and no row count. Two things can stand in for them:

*framing*
    An answer in chunks has an end of its own on the wire; without it the HTTP client raises. An answer that
    ends with its connection, or whose length was told by somebody who had buffered it, has none.
*count*
    ``group select count()`` over the same closed window, asked of Devo itself after the rows.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from airflow_provider_devo_dga.devo_api.access import Endpoint
from airflow_provider_devo_dga.devo_api.faults import refusal, transport_error
from airflow_provider_devo_dga.devo_api.inflate import Inflater
from airflow_provider_devo_dga.devo_api.linq_text import (
    comment_text,
    ends_in_comment,
    misplaced_window,
    parted,
)
from airflow_provider_devo_dga.devo_api.rows import RowDecoder
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.devo_api.wire import Batch, Column, Value
from airflow_provider_devo_dga.errors import (
    DevoError,
    DevoIncompleteError,
    DevoPermanentError,
    DevoQueryError,
    DevoResultError,
    DevoTransientError,
)
from airflow_provider_devo_dga.redaction import heard

if TYPE_CHECKING:
    import httpx

FORMAT = "json/simple/compact"
_MOST_ERROR_BYTES = 64 * 1024

Completeness = Literal["auto", "count", "framing"]
"""What proves that an answer is whole.

``count``: Devo counts, so that not even a proxy that frames half an answer anew goes unnoticed. ``auto``: the
same, but a query that Devo cannot count is left to its framing, with a warning. ``framing``: that alone, and
a count only where there is none. There is no fourth: rows are complete, or there is an error.
"""

log = logging.getLogger(__name__)

COUNT_COLUMN = "rows_n"

UNCOUNTABLE = (DevoQueryError, DevoResultError)


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

    def __post_init__(self) -> None:
        if self.text is not None and not isinstance(self.text, str):
            raise DevoQueryError(
                f"The query is {self.text!r}, where LINQ text is wanted: what does its template render to?"
            )
        if not self.text or not self.text.strip():
            raise DevoQueryError(
                "The query is empty; did the template or the task that makes it give nothing?"
            )
        if found := misplaced_window(self.text):
            raise DevoQueryError(
                f"The query holds {found}, which nobody fills in: window, or from_ and to, bound a query"
                " beside its text",
                query=self.text,
            )

    def counting(self) -> Query:
        """Return the query by which Devo counts the rows of this one over the same window."""
        asked, pragmas = parted(self.text)
        text = f"{asked.rstrip()}\ngroup\nselect count() as {COUNT_COLUMN}"
        text = f"{text}\n{pragmas}" if pragmas else text
        return replace(self, text=text, limit=None, is_count=True)

    def body(self, destination: Mapping[str, object] | None = None) -> str:
        """Return the request's body, in devo-sdk's key order and spelling.

        :param destination: where a background job is to send the rows; None to read them.
        """
        if self.limit is not None and self.limit < 1:
            raise DevoQueryError(f"limit must be at least 1, not {self.limit}; leave it out for all rows")
        payload: dict[str, object] = {
            "from": self.window.start_seconds,
            "to": self.window.end_seconds,
            "mode": {"type": "json" if destination else FORMAT},
            "query": self.text.removeprefix("\ufeff") + self._pragmas(),
        }
        if self.limit is not None:
            payload["limit"] = self.limit
        if destination:
            payload["destination"] = destination
        payload["ipAsString"] = True
        return json.dumps(payload)

    def _pragmas(self) -> str:
        pairs = (self.comments or {}).items()
        pragmas = "".join(f' pragma comment.{name}:"{comment_text(value)}"' for name, value in pairs)
        # a comment goes on to the end of its line
        return f"\n{pragmas[1:]}" if pragmas and ends_in_comment(self.text) else pragmas


class QueryExchange:
    """One attempt at a query. A driver sends ``request``, then hands over head, bytes and end."""

    def __init__(self, query: Query, endpoint: Endpoint) -> None:
        self.query = query
        self.request = endpoint.post(query.body())
        self._decoder = RowDecoder(query.text)
        self._status = 0
        self._headers: Mapping[str, str] = {}
        self._refusal = b""
        self._inflater = Inflater("")
        self.bytes_read = 0
        """Bytes of the reply so far, decompressed."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The result's columns; empty until the first line of the reply is there."""
        return self._decoder.columns

    @property
    def rows_read(self) -> int:
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
        coding = headers.get("content-encoding", "")
        # of a refusal, what can be read is enough
        self._inflater = Inflater(coding if status == 200 or coding in {"gzip", "deflate"} else "")

    def feed(self, chunk: bytes) -> list[list[Value]]:
        """Take bytes of the reply as they come off the wire; return the rows they complete."""
        rows: list[list[Value]] = []
        for piece in self._inflater.feed(chunk):
            self.bytes_read += len(piece)
            if self._status == 200:
                rows += self._decoder.feed(piece)
            elif len(self._refusal) < _MOST_ERROR_BYTES:
                self._refusal += piece
        return rows

    def finish(self) -> list[list[Value]]:
        """Take the reply's end; return a last row, or raise what the reply amounts to."""
        if self._status == 200:
            self._inflater.close()
            return self._decoder.close()
        raise refusal(self._status, self._headers, self._refusal, query=self.query.text)

    def overdue(self) -> DevoError:
        """Return the error of an answer that is not whole at the deadline."""
        told = (
            f"Devo's answer was not whole within its timeout ({self.rows_read} rows so far);"
            " narrow the query or raise the timeout"
        )
        if self.rows_read:
            return DevoIncompleteError(told, rows_read=self.rows_read)
        return DevoTransientError(told)

    def broken(self, error: httpx.HTTPError) -> DevoError:
        if self.rows_read:
            return DevoIncompleteError(
                f"The connection broke after {self.rows_read} rows ({type(error).__name__});"
                " read the whole window again",
                rows_read=self.rows_read,
            )
        return transport_error(error, self.request.url)


class Proof:
    """What shows that the answer of an exchange is whole, once the exchange has finished without an error.

    :raises DevoPermanentError: ``completeness`` is another word than those of ``Completeness``.
    """

    def __init__(self, exchange: QueryExchange, completeness: Completeness) -> None:
        if completeness not in (known := get_args(Completeness)):
            raise DevoPermanentError(f"completeness is {' or '.join(known)}, not {completeness!r}")
        self.exchange = exchange
        self._completeness = completeness

    def question(self) -> Query | None:
        """Return the count that is to prove the answer; None when nothing has to be asked.

        A group of everything has one row, also where it is a group of nothing (assumed, see guarantees.md). A
        middlebox that ends half a count well would else turn "lost" into "nothing there".

        :raises DevoIncompleteError: the answer to a count has lost its only row.
        """
        if self.exchange.query.is_count:
            if not self.exchange.rows_read:
                raise DevoIncompleteError("Devo's answer to a count came without its number; ask again")
            return None
        if self._completeness == "framing" and self.exchange.is_framed:
            return None
        return self.exchange.query.counting()

    def compare(self, number: int) -> None:
        """Compare the rows with their count.

        :raises DevoIncompleteError: there are more, or fewer.
        """
        limit, rows_read = self.exchange.query.limit, self.exchange.rows_read
        expected = number if limit is None else min(number, limit)
        if rows_read < expected:
            raise DevoIncompleteError(
                f"Devo's answer ended after {rows_read} rows; it counts {expected}: rows were lost on the"
                " way, or the window still fills (see lateness)",
                rows_read=rows_read,
            )
        if rows_read > expected:
            raise DevoIncompleteError(
                f"Devo's answer has {rows_read} rows, but it counts {expected}: the window still changes;"
                " read it later (see lateness)",
                rows_read=rows_read,
            )

    def uncountable(self, error: DevoError) -> None:
        """Let framing stand in for a count that Devo refuses, or answers otherwise than by a number.

        Some queries may not be countable: what Devo lets follow a group is not documented.

        :raises DevoError: ``error``, where the count was insisted upon, or nothing else proves the end.
        """
        if self._completeness == "count" or not self.exchange.is_framed:
            raise error
        log.warning("Devo cannot count this query, so the framing of its answer has to do: %s", error)


def counted(batches: Iterable[Batch]) -> int:
    """Return the number in the answer to a counting query.

    :raises DevoResultError: it is not one whole number.
    """
    numbers = [row[-1] for batch in batches for row in batch.rows]
    if len(numbers) != 1 or isinstance(numbers[0], bool) or not isinstance(numbers[0], int):
        raise DevoResultError(f"Devo's row count is not a whole number: {heard(numbers[:3], 80)}")
    return numbers[0]
