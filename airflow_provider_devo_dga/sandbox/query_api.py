"""The Query API: one route for queries, and the jobs that the sandbox does not have."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import duckdb
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from airflow_provider_devo_dga.sandbox import wire_errors
from airflow_provider_devo_dga.sandbox.answer import Answer
from airflow_provider_devo_dga.sandbox.parse import parse
from airflow_provider_devo_dga.sandbox.tenant import Tenant
from airflow_provider_devo_dga.sandbox.to_duckdb import compiled
from airflow_provider_devo_dga.sandbox.window import resolved
from airflow_provider_devo_dga.sandbox.wire_formats import envelope, format_named

if TYPE_CHECKING:
    from starlette.requests import Request

log = logging.getLogger(__name__)


async def query(request: Request) -> Response:
    """Answer a query, or refuse it before the first byte."""
    tenant: Tenant = request.app.state.tenant
    body = await request.body()
    tenant.credentials.check(request.headers, body)
    answer = await run_in_threadpool(launched, tenant, _fields(body))
    return StreamingResponse(answer.stream(), media_type=answer.writer.media_type)


def launched(tenant: Tenant, fields: dict[str, Any]) -> Answer:
    """Return the query of a request's fields, checked to its last name.

    :raises WireError: Devo's refusal of the fields or of the query.
    """
    if fields.get("destination") is not None:
        raise wire_errors.not_supported("destinations")
    now_ms = tenant.now_ms()
    window = resolved(fields, now_ms)
    writer = format_named(fields.get("mode"))
    parsed = parse(_text(tenant, fields))
    table = tenant.tables.get(parsed.table)
    if table is None:
        raise wire_errors.unknown_table(parsed.table)
    try:
        plan = compiled(parsed, table.columns, tenant.models, now_ms)
    except RecursionError as error:
        raise wire_errors.parsing_error("nested too deeply") from error
    if plan.limited_inside and window.is_open(now_ms):
        raise wire_errors.parsing_error("in a query that follows, limit must be the last clause")
    keep_alive = fields.get("keepAlive")
    answer = Answer(
        tenant=tenant,
        table_name=parsed.table,
        plan=plan,
        writer=writer(
            plan.columns,
            ip_as_text=bool(fields.get("ipAsString")),
            keep_alive=keep_alive if isinstance(keep_alive, dict) else {},
        ),
        window=window,
        limit=_smaller(_count(fields, "limit") or None, plan.limit),
        offset=_count(fields, "offset") or _count(fields, "skip"),
    )
    _explain(tenant, answer.statement(table, window))
    return answer


def _explain(tenant: Tenant, statement: str) -> None:
    """Let DuckDB bind the query, so that what our types missed is refused rather than breaks off."""
    cursor = tenant.tables.cursor()
    try:
        cursor.execute(f"EXPLAIN {statement}").fetchall()
    except duckdb.Error as error:
        log.exception("DuckDB refused what we compiled")
        raise wire_errors.parsing_error(f"DuckDB: {error}") from error
    finally:
        cursor.close()


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise wire_errors.bad_parameters("The body is not JSON") from error
    if not isinstance(fields, dict):
        raise wire_errors.bad_parameters("The body is not an object")
    return fields


def _text(tenant: Tenant, fields: dict[str, Any]) -> str:
    if isinstance(fields.get("query"), str):
        return str(fields["query"])
    stored = tenant.queries.get(str(fields.get("queryId")))
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


async def jobs(request: Request) -> Response:
    """Say that there are no jobs."""
    tenant: Tenant = request.app.state.tenant
    tenant.credentials.check(request.headers, b"")
    raise wire_errors.not_supported("jobs")


async def schema(request: Request) -> Response:
    """Answer with the columns of a table."""
    tenant: Tenant = request.app.state.tenant
    tenant.credentials.check(request.headers, b"")
    name = request.path_params["table"]
    columns = tenant.tables.schema(name)
    if columns is None:
        raise wire_errors.unknown_table(name)
    listed = [{"fieldName": column, "type": kind.name} for column, kind in columns.items()]
    return JSONResponse(envelope(listed))


ROUTES = [
    Route("/search/query", query, methods=["POST"]),
    Route("/search/query/", query, methods=["POST"]),
    Route("/search/jobs", jobs),
    Route("/search/job/{rest:path}", jobs),
    Route("/search/table/{table}", schema),
]
