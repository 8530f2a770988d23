"""How a reader knows that it has every row of an answer.

Devo's row stream has no end mark and no row count. Two things can stand in for them:

*framing*
    An answer in chunks has an end of its own on the wire; without it the HTTP client raises. An answer that
    ends with its connection, or whose length was told by somebody who had buffered it, has none.
*count*
    ``group select count()`` over the same closed window, asked of Devo itself after the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, get_args

from airflow_provider_devo_dga.devo_api.wire import Batch
from airflow_provider_devo_dga.errors import DevoIncompleteError, DevoPermanentError, DevoResultError

if TYPE_CHECKING:
    from airflow_provider_devo_dga.devo_api.query import Query, QueryExchange

Completeness = Literal["auto", "count"]
"""``auto``: the framing proves it, else a count does. ``count``: always count, so that not even a proxy that
frames half an answer anew goes unnoticed. There is no third: rows are complete, or there is an error."""

COUNT_COLUMN = "rows_n"


def check_choice(completeness: str) -> None:
    """Refuse what is no ``Completeness``.

    :raises DevoPermanentError: for any other word.
    """
    if completeness not in get_args(Completeness):
        raise DevoPermanentError(f"completeness is 'auto' or 'count', not {completeness!r}")


def needs_count(exchange: QueryExchange, completeness: Completeness) -> bool:
    """Tell whether the end of this answer has to be proven by a count."""
    return completeness == "count" or not exchange.is_framed


def check_framed(exchange: QueryExchange) -> None:
    """Refuse a count's answer that may have lost its only row.

    :raises DevoIncompleteError: no row came, and the framing does not prove that there was none.
    """
    if not exchange.rows_read and not exchange.is_framed:
        raise DevoIncompleteError("Devo's answer to a count has no number; ask again")


def counted(batches: Iterable[Batch]) -> int:
    """Return the number in the answer to a counting query.

    :return: 0 for a whole answer without a row, which is how some engines count nothing.
    :raises DevoResultError: it is not one whole number.
    """
    numbers = [row[-1] for batch in batches for row in batch.rows]
    if not numbers:
        return 0
    if len(numbers) > 1 or isinstance(numbers[0], bool) or not isinstance(numbers[0], int):
        raise DevoResultError(f"Devo's row count is not a whole number: {numbers[:3]!r}")
    return numbers[0]


def compare(query: Query, rows_read: int, number: int) -> None:
    """Compare rows with their count.

    :param number: rows that Devo counts now for the same query and window.
    :raises DevoIncompleteError: there are more, or fewer.
    """
    expected = number if query.limit is None else min(number, query.limit)
    if rows_read < expected:
        raise DevoIncompleteError(
            f"Devo's answer ended after {rows_read} rows; it counts {expected}: rows were lost on the way,"
            " or the window still fills (see lateness)",
            rows_read=rows_read,
        )
    if rows_read > expected:
        raise DevoIncompleteError(
            f"Devo's answer has {rows_read} rows, but it counts {expected}: the window still changes;"
            " read it later (see lateness)",
            rows_read=rows_read,
        )
