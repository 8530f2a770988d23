"""Every operation the sandbox knows, by name. What is not in these tables does not exist."""

from __future__ import annotations

from devo_sandbox.linq.functions import (
    aggregate,
    cast,
    contains,
    format,  # noqa: A004 - the room's name
    number,
    page,
    text,
    time,
    value,
)
from devo_sandbox.linq.functions.operation import Operation


def _by_name(*rooms: tuple[Operation, ...]) -> dict[str, Operation]:
    return {operation.name: operation for room in rooms for operation in room}


FUNCTIONS = _by_name(
    text.OPERATIONS,
    contains.OPERATIONS,
    page.OPERATIONS,
    value.OPERATIONS,
    cast.OPERATIONS,
    number.OPERATIONS,
    time.OPERATIONS,
    format.OPERATIONS,
)
AGGREGATES = _by_name(aggregate.OPERATIONS)
# Their SQL depends on more than the arguments, so the compiler writes it.
COMPILED = _by_name(
    (
        Operation("now", "() → timestamp", "assumed", "the moment the query started", ()),
        Operation("today", "() → timestamp", "digest", "midnight in UTC (assumed)", ()),
        Operation(
            "yesterday", "() → timestamp", "digest", "the midnight in UTC before today's (assumed)", ()
        ),
        Operation(
            "mlevalmodel",
            "(str domain, str model, feature, …) → str or float8",
            "exemplified",
            "one argument a column of the model, in its order; a null feature gives null (assumed)",
            (),
        ),
    )
)
