"""From the fields of a request to a query that is ready to be read, or to Devo's refusal."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import duckdb

from devo_sandbox import wire_errors
from devo_sandbox.clock import now_ms
from devo_sandbox.linq.parse import parse
from devo_sandbox.linq.to_duckdb import Plan, compiled
from devo_sandbox.queries import counted
from devo_sandbox.queries.answer import Answer
from devo_sandbox.queries.modes import format_named
from devo_sandbox.queries.queries import Queries
from devo_sandbox.queries.wire_formats import Writer
from devo_sandbox.queries.wire_whole import Whole
from devo_sandbox.tables.tables import Table
from devo_sandbox.tables.window import Window, resolved
from devo_sandbox.tables.zones import zone_named

log = logging.getLogger(__name__)


def launched(queries: Queries, fields: dict[str, Any]) -> Answer:
    """Return the query of a request's fields, checked to its last name.

    :raises WireError: Devo's refusal of the fields or of the query.
    """
    window = _window(fields)
    writer = format_named(fields.get("mode"))
    if issubclass(writer, Whole) and window.is_open(now_ms()):
        raise wire_errors.bad_parameters(f"{writer.name} needs a date to that is not in the future")
    plan, table_name, table = _plan(queries, fields, window)
    return _answer(queries, fields, window, writer, plan, table_name, table)


def launched_to_count(queries: Queries, fields: dict[str, Any]) -> Answer:
    """Return the query of a job, which goes nowhere and is counted.

    :raises WireError: as ``launched``.
    """
    window = _window(fields)
    plan, table_name, table = _plan(queries, fields, window)
    plan = replace(plan, columns=counted.columns(plan, table.eventdate))
    return _answer(queries, fields, window, counted.Counted, plan, table_name, table)


def _window(fields: dict[str, Any]) -> Window:
    return resolved(fields, now_ms(), zone_named(fields.get("timeZone")))


def _plan(queries: Queries, fields: dict[str, Any], window: Window) -> tuple[Plan, str, Table]:
    parsed = parse(_text(queries, fields))
    table = queries.tables.get(parsed.table)
    if table is None:
        raise wire_errors.unknown_table(parsed.table)
    now = now_ms()
    try:
        plan = compiled(parsed, table.columns, queries.models, now)
    except RecursionError as error:
        raise wire_errors.parsing_error("nested too deeply") from error
    if plan.limited_inside and window.is_open(now):
        raise wire_errors.parsing_error("in a query that follows, limit must be the last clause")
    return plan, parsed.table, table


def _answer(
    queries: Queries,
    fields: dict[str, Any],
    window: Window,
    writer: type[Writer],
    plan: Plan,
    table_name: str,
    table: Table,
) -> Answer:
    keep_alive = fields.get("keepAlive")
    limit, offset = _count(fields, "limit"), _count(fields, "offset") or _count(fields, "skip")
    answer = Answer(
        queries=queries,
        table_name=table_name,
        plan=plan,
        writer=writer(
            plan.columns,
            ip_as_text=bool(fields.get("ipAsString")),
            keep_alive=keep_alive if isinstance(keep_alive, dict) else {},
            zone=zone_named(fields.get("timeZone")),
        ),
        window=window,
        limit=_smaller(limit or None, plan.limit),
        offset=offset,
    )
    try:
        _explain(queries, answer.statement(table, window))
    except wire_errors.WireError:
        answer.writer.close()
        raise
    return answer


def _explain(queries: Queries, statement: str) -> None:
    """Let DuckDB bind the query, so that what our types missed is refused rather than breaks off."""
    cursor = queries.tables.cursor()
    try:
        cursor.execute(f"EXPLAIN {statement}").fetchall()
    except duckdb.Error as error:
        log.exception("DuckDB refused what we compiled")
        raise wire_errors.parsing_error(f"DuckDB: {error}") from error
    finally:
        cursor.close()


def _text(queries: Queries, fields: dict[str, Any]) -> str:
    if isinstance(fields.get("query"), str):
        return str(fields["query"])
    stored = queries.named.get(str(fields.get("queryId")))
    if stored is None:
        raise wire_errors.bad_parameters("Neither query nor a known queryId")
    return stored


def _count(fields: dict[str, Any], name: str) -> int:
    count = fields.get(name) or 0
    if type(count) is not int or not 0 <= count < 2**63:
        raise wire_errors.bad_parameters(f"{name} not valid")
    return count


def _smaller(one: int | None, other: int | None) -> int | None:
    return min((count for count in (one, other) if count is not None), default=None)
