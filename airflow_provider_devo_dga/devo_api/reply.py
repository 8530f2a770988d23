"""What a reply that is not a success means: one typed error for each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from airflow_provider_devo_dga.errors import (
    DevoAuthError,
    DevoConnectionConfigError,
    DevoError,
    DevoPermanentError,
    DevoQueryError,
    DevoThrottledError,
    DevoTransientError,
)

_SHOWN = 80
_UNKNOWN_TABLE = 624
_LATER = {408, 425}  # request timeout, too early
_LAUNCH = "Error Launching Query"


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, query: str | None = None) -> DevoError:
    """Return the error that a reply with another status than 200 stands for.

    :param headers: lower-case names.
    :param body: the reply's body, or its beginning.
    :param query: the LINQ that was sent, kept with a ``DevoQueryError``.
    """
    answer = _json(body)
    facts: dict[str, Any] = {"status": status, "code": answer.get("code"), "cid": answer.get("cid")}
    text = words_of(answer) or f"the answer begins {body[:_SHOWN].decode('utf-8', 'replace')!r}"
    if status in {401, 403}:
        return DevoAuthError(
            f"Devo refused the credentials: {text}. Check the token (or key and secret) of the connection,"
            " its expiry, and that it may read this table",
            **facts,
        )
    if status == 429:
        return DevoThrottledError(
            f"Devo asks to slow down: {text}", retry_after=_retry_after(headers), **facts
        )
    if status == 400 or (status == 500 and refuses_query(answer)):
        return DevoQueryError(f"Devo refused the query: {text}", query=query, **facts)
    if status >= 500 or status in _LATER:
        return DevoTransientError(f"Devo cannot answer now: {text}", **facts)
    if 300 <= status < 400 or status == 404:
        return DevoConnectionConfigError(
            f"There is no Devo API at this address: {text}. Check the connection's host", **facts
        )
    return DevoPermanentError(f"Devo gave an answer that is not known here: {text}", **facts)


def _json(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def words_of(answer: dict[str, Any]) -> str:
    """Return what Devo says in the body of a refusal, with its details; empty when it says nothing."""
    headline = answer.get("msg") or answer.get("error")
    if isinstance(headline, dict):
        headline = headline.get("message") or headline.get("msg") or headline
    words: list[Any] = [headline]
    details = answer.get("object")
    words += details if isinstance(details, list) else []
    kept = [str(word) for word in words if word]
    # Devo repeats its headline as the first detail
    return ": ".join(dict.fromkeys(kept))


def is_launch_error(text: str) -> bool:
    """Tell whether Devo's words are about a query that it could not begin, rather than about itself."""
    return _LAUNCH in text


def refuses_query(answer: dict[str, Any]) -> bool:
    """Tell whether the body of a refusal is about the query."""
    return answer.get("code") == _UNKNOWN_TABLE or is_launch_error(words_of(answer))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
