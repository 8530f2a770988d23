"""Every operation the sandbox knows, by name. What is not in these tables does not exist."""

from __future__ import annotations

from airflow_provider_devo_dga.sandbox import (
    functions_aggregate,
    functions_cast,
    functions_contains,
    functions_format,
    functions_number,
    functions_page,
    functions_text,
    functions_time,
    functions_value,
)
from airflow_provider_devo_dga.sandbox.operation import Operation


def _by_name(*rooms: tuple[Operation, ...]) -> dict[str, Operation]:
    return {operation.name: operation for room in rooms for operation in room}


FUNCTIONS = _by_name(
    functions_text.OPERATIONS,
    functions_contains.OPERATIONS,
    functions_page.OPERATIONS,
    functions_value.OPERATIONS,
    functions_cast.OPERATIONS,
    functions_number.OPERATIONS,
    functions_time.OPERATIONS,
    functions_format.OPERATIONS,
)
AGGREGATES = _by_name(functions_aggregate.OPERATIONS)
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
