"""What a sensor waits for: each condition is a question to Devo, and what its answer has to be.

Conditions are plain data: they travel to the triggerer as JSON.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from airflow_provider_devo_dga.devo_api.query import Query
from airflow_provider_devo_dga.devo_api.window import Window
from airflow_provider_devo_dga.devo_api.wire import Batch, Value
from airflow_provider_devo_dga.errors import DevoPermanentError, DevoResultError

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "=": operator.eq,
    "/=": operator.ne,
    "<=": operator.le,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class RowsAtLeast:
    """The query gives at least so many rows; no more than these are fetched.

    :param rows: at least 1.
    """

    rows: int = 1

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise DevoPermanentError(f"A sensor waits for at least 1 row, not {self.rows}")


@dataclass(frozen=True, slots=True)
class Scalar:
    """The query gives one row, whose only or named column compares as said.

    :param comparison: ``>=``, ``>``, ``=``, ``/=``, ``<=`` or ``<``.
    :param number: what the value is compared with. Null compares with nothing: not yet.
    :param column: name of the column; None when there is only one.
    """

    comparison: str
    number: float
    column: str | None = None

    def __post_init__(self) -> None:
        if self.comparison not in _COMPARISONS:
            raise DevoPermanentError(
                f"Unknown comparison {self.comparison!r}; there are {', '.join(_COMPARISONS)}"
            )


@dataclass(frozen=True, slots=True)
class NewerEvents:
    """An event has arrived after the window's end and the lateness: whatever was older is there.

    Holds when the query, asked over the time since then, gives a row. Its window slides with the present,
    so a source that falls silent never satisfies it; the sensor's timeout says so.
    """


Condition = RowsAtLeast | Scalar | NewerEvents
_KINDS: Mapping[str, type[Condition]] = {kind.__name__: kind for kind in (RowsAtLeast, Scalar, NewerEvents)}


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer says of a condition.

    :param holds: whether it is satisfied.
    :param value: rows that were seen, or the scalar.
    """

    holds: bool
    value: Value


def to_dict(condition: Condition) -> dict[str, Any]:
    return {"kind": type(condition).__name__, **asdict(condition)}


def from_dict(values: Mapping[str, Any]) -> Condition:
    """Return the condition that :func:`to_dict` spelled.

    :raises DevoPermanentError: for anything else.
    """
    arguments = dict(values)
    kind = _KINDS.get(str(arguments.pop("kind", None)))
    if kind is None:
        raise DevoPermanentError(f"Unknown condition {values!r}; there are {', '.join(_KINDS)}")
    try:
        return kind(**arguments)
    except TypeError as error:
        raise DevoPermanentError(f"{values!r} is no condition: {error}") from None


def question(
    condition: Condition,
    text: str,
    window: Window,
    *,
    lateness: timedelta = timedelta(0),
    comments: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Query | None:
    """Return the query to ask now; None when it is too early for any answer to satisfy the condition."""
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    if not window.is_over(lateness, now):
        return None
    match condition:
        case RowsAtLeast(rows):
            return Query(text, window, rows, comments)
        case Scalar():
            return Query(text, window, 2, comments)
        case NewerEvents():
            since = window.end + lateness
            return Query(text, Window(since, now), 1, comments) if since < now else None
        case _:
            assert_never(condition)


def judge(condition: Condition, batches: Sequence[Batch]) -> Found:
    """Return what a whole answer to :func:`question` says.

    :raises DevoResultError: the answer to a scalar's question is no scalar.
    """
    rows = sum(len(batch.rows) for batch in batches)
    match condition:
        case RowsAtLeast(wanted):
            return Found(rows >= wanted, rows)
        case NewerEvents():
            return Found(rows > 0, rows)
        case Scalar(comparison, number, column):
            value = _scalar(batches, column) if rows else None
            return Found(value is not None and _COMPARISONS[comparison](value, number), value)
        case _:
            assert_never(condition)


def _scalar(batches: Sequence[Batch], column: str | None) -> float | None:
    rows = [row for batch in batches for row in batch.rows]
    names = [known.name for known in batches[-1].columns]
    if len(rows) > 1:
        raise DevoResultError("The query gives several rows where one number is wanted; group it")
    if column is None and len(names) > 1:
        raise DevoResultError(f"The query gives the columns {', '.join(names)}; name the one to compare")
    if column is not None and column not in names:
        raise DevoResultError(f"The query has no column {column!r}; it gives {', '.join(names)}")
    value = rows[0][names.index(column) if column is not None else 0]
    if value is not None and not isinstance(value, int | float):
        raise DevoResultError(f"A number is wanted to compare with, the query gives {value!r}")
    return value
